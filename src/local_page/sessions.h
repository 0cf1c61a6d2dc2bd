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
  // The new session's cookie; nothing for a code that is none, was used or is over.
  std::optional<std::string> open(std::string_view code);
  // When the session of this cookie is over; nothing where there is none.
  std::optional<Timestamp> find(std::string_view cookie) const;
  void close(std::string_view cookie);

  // What a page must say beside the cookie when it changes something. No other origin can compute or read it.
  static std::string csrf_of(std::string_view cookie);

 private:
  std::string draw();
  void forget_what_is_over();

  const Clock& clock_;
  Random& random_;
  std::map<std::string, Timestamp> codes_, sessions_;  // by digest, until when
};

}  // namespace lumenflow::local_page
