// The enrollment in use: the token that every request bears, renewed before it expires and up to 30 days after.
//
// Thread safe. Borrows Files and the clock.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "base/files.h"
#include "base/random.h"
#include "base/time.h"
#include "conductor_link/enrollment.h"
#include "http/client.h"
#include "http/token.h"

namespace lumenflow::conductor_link {

struct AccountParts {
  Files& files;
  const Clock& clock;
  std::string folder;             // of enrollment.json
  std::string token_private_pem;  // the workspace's, which signs the wish for another token
  std::string token_key_id;
  // The conductor has taken what was offered: the token of this id.
  std::function<void(const std::string& token_id)> given = {};
};

class Account {
 public:
  Account(AccountParts parts, Enrollment enrollment) : parts_(std::move(parts)), enrollment_(std::move(enrollment)) {}

  Enrollment enrollment() const;
  std::string bearer() const { return "Bearer " + enrollment().token; }
  // A token for the conductor's calls here, which goes with the next wish; that is due at once.
  void offer(std::string token, std::string token_id);
  // The wish for another token, when a third of this one's life is left, it was refused, or something is offered;
  // nothing when it is not due, or was said within the last `kPause`.
  std::optional<http::ClientRequest> renewal_if_due();
  // What came back. An error is the conductor's or the way's; the token that there is stays.
  Status heard_renewal(Result<http::ClientResponse> response);
  // The workspace key's word that this is where its sidecar can be reached; empty where the key cannot sign.
  std::string prove_sidecar_url(const std::string& url);
  // The conductor takes this token no more: renewal_if_due() asks for another.
  void refused();

  static constexpr std::chrono::seconds kPause{15};

  static constexpr std::chrono::seconds kAssertionLife{60};

 private:
  http::TokenClaims claims_for(std::string audience);
  bool due(std::chrono::nanoseconds at) const;
  Status failed(const Error& why);
  Result<Enrollment> renewed(const Result<http::ClientResponse>& response) const;

  const AccountParts parts_;
  mutable std::mutex mutex_;
  Enrollment enrollment_;  // all of this under the mutex
  SystemRandom random_;
  bool refused_ = false;
  std::string offered_, offered_id_, asked_with_;          // the token, its id; the id that the last wish carried
  bool asking_ = false;                                    // somebody is to hear of it
  std::chrono::nanoseconds asked_at_{-1'000'000'000'000};  // monotonic
  std::string last_failure_;
};

}  // namespace lumenflow::conductor_link
