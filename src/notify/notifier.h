// Tells people who are not looking: notices to webhooks and, by Web Push, to browsers and phones. Best effort: what is
// told is kept elsewhere, and a notice that arrives twice or not at all changes nothing there.
//
// A webhook gets the notice as a POST of JSON, signed as Standard Webhooks 1.0.0 has it: `webhook-id` (the same at
// every attempt), `webhook-timestamp` (seconds), `webhook-signature` (`v1,` and base64 of HMAC-SHA-256 over id, time
// and body with dots between). Web Push as in http/web_push.h. Both over https, to public addresses, and to those that
// the operator allows; no redirects, no proxy. What somebody else's server answers is not read beyond its status.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "base/network.h"
#include "base/time.h"
#include "http/interrupt.h"
#include "http/web_push.h"
#include "lumenflow/result.h"

namespace lumenflow::notify {

struct Webhook {
  std::string url;     // https; http too where `allow` names its address
  std::string secret;  // bytes; never log them
};

struct Target {
  std::string id;  // the owner's
  std::variant<Webhook, http::PushSubscription> where;
};

struct Notice {
  std::string id;    // unique; what lets a webhook tell a repetition
  std::string body;  // JSON text; at most http::kPushBytesMax bytes
  std::string
      topic;  // of Web Push: a later notice of it takes the place of one that was not delivered yet; may be empty
};

enum class Outcome : std::uint8_t {
  kDelivered,
  kGone,     // the subscription is no more: forget the target
  kRefused,  // the other side, or where the URL leads: this notice will not get there
  kGivenUp,  // no attempt succeeded
};

struct NotifierOptions {
  P256KeyPair push_key;                  // of VAPID
  std::string contact;                   // of VAPID: `mailto:` or `https:`
  std::vector<network::Entry> allow;     // addresses beside the public ones
  std::string ca_file;                   // when not empty, trusted instead of the system's authorities
  std::size_t waiting_max = 1'000;       // notices, of all targets together
  std::size_t waiting_of_one_max = 100;  // … of one target
  std::size_t threads = 4;               // as many targets are told at once; of one, one notice at a time
  int attempts = 5;
  std::chrono::milliseconds backoff{1'000};  // after the first failure; four times as long after each other, or as
                                             // Retry-After says, and never longer than `backoff_max`
  std::chrono::milliseconds backoff_max{300'000};
  std::chrono::milliseconds timeout{10'000};  // of an attempt
};

// Thread safe. The destructor cuts attempts off that run and drops what waits; of neither an end is said.
class Notifier {
 public:
  // Called on one of the notifier's threads; must not call back into it.
  using Ended = std::function<void(const std::string& target_id, const std::string& notice_id, Outcome outcome,
                                   const std::string& why)>;
  Notifier(NotifierOptions options, const Clock& clock, Ended ended);
  ~Notifier();
  // Returns at once. RATE_LIMITED when too much waits, INVALID_INPUT when the notice is too long: it was not taken.
  Status notify(Target target, Notice notice);

 private:
  struct Job {
    Target target;
    Notice notice;
    int failures = 0;
  };
  struct Attempt {
    Outcome outcome = Outcome::kGivenUp;
    bool again = false;
    std::chrono::milliseconds not_before{0};
    std::string why;
  };
  void run();
  bool next(Job& job);  // waits; false: the end
  Attempt attempt(const Job& job);
  Result<http::ClientRequest> request_for(const Job& job, const std::string& path);
  void finish(Job job, const Attempt& attempt);

  const NotifierOptions options_;
  const Clock& clock_;
  const Ended ended_;
  const std::shared_ptr<http::Interrupt> interrupt_ = std::make_shared<http::Interrupt>();  // of all attempts
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::deque<Job>> waiting_;                  // by target, oldest first
  std::set<std::pair<std::chrono::nanoseconds, std::string>> due_;  // targets with something to do that nobody is at
  std::size_t count_ = 0;                                           // of all that waits
  bool stopping_ = false;
  std::vector<std::thread> threads_;  // last: they start when all else is there
};

}  // namespace lumenflow::notify
