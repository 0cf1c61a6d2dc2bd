// What is said to the conductor besides events: what became of its commands, which tools there are, and the wish for
// another token; one request after the other, while a conversation stands. What became of many commands goes in one.
//
// Rounds: next() until it has nothing more, each answered by heard(). One thread; the source is asked on it. Borrows
// what it is given.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "conductor_link/account.h"
#include "conductor_link/http_link.h"

namespace lumenflow::conductor_link {

// What became of a command so far.
struct CommandState {
  std::uint64_t number = 0;  // ascending; of the report, for acknowledged()
  std::string command_id;
  std::string state;     // running, done, refused, cancelled, expired
  json::Object details;  // receipt_id, result, error: what there is
};

struct Registry {
  std::string hash;      // of what it says of the tools
  std::string document;  // JSON
};

class ErrandSource {
 public:
  virtual ~ErrandSource() = default;
  // Behind `after`, ascending, until one of the limits.
  virtual Result<std::vector<CommandState>> states(std::uint64_t after, std::size_t limit) = 0;
  // The conductor knows how it ended: it need not be said again.
  virtual void acknowledged(std::uint64_t number) = 0;
  virtual Registry registry() = 0;
};

class ErrandList {
 public:
  ErrandList(Account& account, HttpLink& link, ErrandSource& source)
      : account_(account), link_(link), source_(source) {}

  // The next request of the round; nothing: the round is over, and the next call begins another.
  std::optional<http::ClientRequest> next();
  void heard(Result<http::ClientResponse> response);
  // After a round: whether all was taken, so that the next one may begin when something is there to be said; and when
  // it is to begin at the latest (all was taken) or at the earliest (it was not).
  bool all() const { return all_; }
  std::chrono::milliseconds pause() const { return all_ ? kRoundEvery : pause_; }

 private:
  enum class Step : std::uint8_t { kBegin, kRenew, kRegistry, kStates };
  static constexpr std::chrono::milliseconds kRoundEvery{1'000};  // what is not rung for: parked calls that went on
  static constexpr std::chrono::milliseconds kPauseMin{500}, kPauseMax{30'000};  // after a failure

  std::nullopt_t end_round(bool all);
  std::optional<http::ClientRequest> push_registry();
  bool load_states();
  std::optional<http::ClientRequest> next_states();
  http::ClientRequest say(const CommandState& state) const;
  http::ClientRequest say_many();
  void heard_registry(const Reply& reply);
  void heard_state(const Reply& reply);
  void heard_states(const Reply& reply);
  void give_up_round();
  void said(const CommandState& state);

  Account& account_;
  HttpLink& link_;
  ErrandSource& source_;
  Step step_ = Step::kBegin;
  bool all_ = true;
  bool failing_ = false;  // something of this round was not taken
  std::chrono::milliseconds pause_ = kPauseMin;
  std::uint64_t session_ = 0;  // of this round
  std::deque<CommandState> states_;
  std::size_t asked_ = 0;             // of states_, from the front: in the request that is under way
  std::size_t singly_ = 0;            // of states_, from the front: each by itself
  std::uint64_t single_session_ = 0;  // the conductor of this conversation takes them by themselves alone
  std::uint64_t after_ = 0;
  bool last_page_ = false;
  Registry pushing_;
  std::string registry_said_;             // the hash that the conductor has
  std::set<std::uint64_t> running_said_;  // by number: that they run
};

}  // namespace lumenflow::conductor_link
