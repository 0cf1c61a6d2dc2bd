// Who may use the page: links that are good once, and the sessions that they open. In memory: a sidecar that is started
// anew knows none of them.
//
// One thread. Secrets are kept as their digests.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/time.h"

namespace lumenflow::local_page {

inline constexpr std::chrono::minutes kLinkLife{10};
inline constexpr std::chrono::hours kSessionLife{12};

class Sessions {
 public:
  Sessions(const Clock& clock, Random& random) : clock_(clock), random_(random) {}

  // A secret of 128 bits, good once within kLinkLife.
  std::string make_code();
  // The new session; nothing for a code that is none, was used or is over. Cookies are shared by all ports of a
  // machine, so whoever is asked on another port reads the cookie: the word is said once, and the page keeps it for its
  // own port.
  struct Opened {
    std::string cookie, word;
  };
  std::optional<Opened> open(std::string_view code);
  // When the session is over that both are of; nothing where there is none.
  std::optional<Timestamp> find(std::string_view cookie, std::string_view word) const;
  void close(std::string_view cookie);

 private:
  struct Session {
    Timestamp until;
    std::string word;  // its digest
  };
  std::string draw();
  void forget_what_is_over();

  const Clock& clock_;
  Random& random_;
  std::map<std::string, Timestamp> codes_;   // by digest, until when
  std::map<std::string, Session> sessions_;  // by their cookies' digests
};

}  // namespace lumenflow::local_page
