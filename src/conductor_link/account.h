// The enrollment in use: the token that every request bears, renewed before it expires and up to 30 days after.
//
// Thread safe. Borrows Files and the clock.
#pragma once

#include <chrono>
#include <mutex>
#include <string>

#include "base/files.h"
#include "base/random.h"
#include "base/time.h"
#include "conductor_link/enrollment.h"
#include "http/client.h"

namespace lumenflow::conductor_link {

struct AccountParts {
  Files& files;
  const Clock& clock;
  std::string folder;             // of enrollment.json
  std::string token_private_pem;  // the workspace's, which signs the wish for another token
  std::string token_key_id;
};

class Account {
 public:
  Account(AccountParts parts, Enrollment enrollment) : parts_(std::move(parts)), enrollment_(std::move(enrollment)) {}

  Enrollment enrollment() const;
  std::string bearer() const { return "Bearer " + enrollment().token; }
  // Another token, when a third of this one's life is left, or it was refused; not more often than every `kPause`. An
  // error is the conductor's or the way's; the token that there is stays.
  Status renew_if_due(http::Client& client);
  // The conductor takes this token no more: the next renew_if_due() asks for another.
  void refused();

  static constexpr std::chrono::seconds kPause{15};

 private:
  bool due() const;
  Result<std::string> assertion(const Enrollment& enrollment);

  const AccountParts parts_;
  mutable std::mutex mutex_;
  std::mutex renewing_;  // one at a time
  Enrollment enrollment_;
  SystemRandom random_;  // under renewing_
  bool refused_ = false;
  std::chrono::nanoseconds asked_at_{-1'000'000'000'000};  // monotonic
  std::string last_failure_;                               // under renewing_
};

}  // namespace lumenflow::conductor_link
