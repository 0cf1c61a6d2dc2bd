// Signing in, where strangers guess: passphrases are looked at in turn of the addresses that ask, and an address that
// was wrong about an account waits longer and longer before it may ask about that account again.
//
// Nobody shuts an operator out: what others got wrong counts for their addresses, not for the operator's. Where many
// addresses guess at one account, a new address has one try at once instead of five. Counted in the Log's tables, so
// that a restart forgets nothing. The io thread only; looking at a passphrase runs on the executor.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/executor.h"
#include "base/time.h"
#include "conductor/ledger.h"

namespace lumenflow::conductor {

// Whose failures and requests count together: an IPv4 address, or the /64 of an IPv6 one.
std::string address_group(std::string_view address);

class SignIns {
 public:
  SignIns(Ledger& ledger, Executor& executor, const Clock& clock, Post post)
      : ledger_(ledger), executor_(executor), clock_(clock), post_(std::move(post)) {}

  // How long this address is to wait before it may ask about this account; nothing: not at all.
  Result<std::chrono::milliseconds> wait(const std::string& account, const std::string& address) const;
  // `exists`: of an account that is none it is kept in memory alone.
  Status failed(const std::string& account, bool exists, const std::string& address);
  Status succeeded(const std::string& account, const std::string& address);

  // Runs `look` on the executor when it is this address's turn, one of each address at a time, and `told` with what it
  // says on the io thread. False: too much waits already.
  bool ask(const std::string& address, std::function<bool()> look, std::function<void(bool)> told);

  // Forgets what is long over; a part of it each time.
  void sweep();

 private:
  struct Count {
    std::uint64_t failures = 0;
    Timestamp last;
  };
  struct Job {
    std::function<bool()> look;
    std::function<void(bool)> told;
  };
  Result<Count> count_of(const std::string& key) const;
  Status add(const std::string& key, bool exists);
  void start();

  Ledger& ledger_;
  Executor& executor_;
  const Clock& clock_;
  const Post post_;
  std::map<std::string, Count> strangers_;  // of accounts that are none; bounded
  std::map<std::string, std::deque<Job>> waiting_;
  std::deque<std::string> turns_;  // addresses with something that waits, and nothing that runs
  std::set<std::string> running_;
  std::size_t count_ = 0;
  std::string swept_to_;
};

}  // namespace lumenflow::conductor
