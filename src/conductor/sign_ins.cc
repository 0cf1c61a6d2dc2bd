#include "conductor/sign_ins.h"

#include <algorithm>
#include <utility>

#include "conductor/tables.h"

namespace lumenflow::conductor {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kFreeTries = 5, kFreeTriesUnderAttack = 1;
constexpr std::uint64_t kAttackFailures = 100;  // of one account, within the hour
constexpr std::chrono::seconds kDelayMax{300};
constexpr std::chrono::hours kForgottenAfter{1}, kTrustedFor{24 * 30};
constexpr std::size_t kStrangersMax = 10'000, kSweptAtOnce = 256;
constexpr std::size_t kRunningMax = 2, kWaitingOfOneMax = 4, kWaitingMax = 64;
constexpr std::string_view kTrusted = "trusted";

std::string guesses_key(const std::string& account, const std::string& address) { return key_of({account, address}); }
std::string trust_key(const std::string& account, const std::string& address) {
  return key_of({account, address, kTrusted});
}

}  // namespace

std::string address_group(std::string_view address) {
  if (address.find(':') == std::string_view::npos || address.starts_with("::ffff:")) return std::string(address);
  std::size_t end = 0;
  for (int groups = 0; groups < 4 && end != std::string_view::npos; ++groups) {
    const std::size_t colon = address.find(':', end);
    if (colon == std::string_view::npos || address.substr(colon).starts_with("::")) {
      end = colon == std::string_view::npos ? address.size() : colon;
      break;
    }
    end = colon + 1;
  }
  return std::string(address.substr(0, end)) + "/64";
}

Result<SignIns::Count> SignIns::count_of(const std::string& key) const {
  if (const auto found = strangers_.find(key); found != strangers_.end()) return found->second;
  LUMENFLOW_TRY_ASSIGN(const auto found, ledger_.tables().get(kGuesses, key));
  if (!found || found->size() < 16) return Count{};
  return Count{from_big_endian(*found),
               Timestamp{static_cast<std::int64_t>(from_big_endian(std::string_view(*found).substr(8)))}};
}

Result<milliseconds> SignIns::wait(const std::string& account, const std::string& address) const {
  const Timestamp now = clock_.now();
  LUMENFLOW_TRY_ASSIGN(const Count own, count_of(guesses_key(account, address)));
  if (own.failures == 0 || own.last + kForgottenAfter <= now) return milliseconds(0);
  LUMENFLOW_TRY_ASSIGN(const Count all, count_of(guesses_key(account, "")));
  LUMENFLOW_TRY_ASSIGN(const Count trusted, count_of(trust_key(account, address)));
  const bool attacked = all.failures >= kAttackFailures && all.last + kForgottenAfter > now &&
                        (trusted.failures == 0 || trusted.last + kTrustedFor <= now);
  const std::uint64_t free = attacked ? kFreeTriesUnderAttack : kFreeTries;
  if (own.failures < free) return milliseconds(0);
  const milliseconds delay = std::min<milliseconds>(
      kDelayMax, std::chrono::seconds(1) * (1 << std::min<std::uint64_t>(own.failures - free, 16)));
  return std::max(milliseconds(0), own.last + delay - now);
}

Status SignIns::add(const std::string& key, bool exists) {
  const Timestamp now = clock_.now();
  LUMENFLOW_TRY_ASSIGN(Count count, count_of(key));
  if (count.last + kForgottenAfter <= now) count.failures = 0;
  count = {count.failures + 1, now};
  if (exists)
    return ledger_.put(kGuesses, key, big_endian(count.failures) + big_endian(static_cast<std::uint64_t>(now.ms)));
  if (strangers_.size() >= kStrangersMax) strangers_.clear();
  strangers_.insert_or_assign(key, count);
  return {};
}

Status SignIns::failed(const std::string& account, bool exists, const std::string& address) {
  LUMENFLOW_TRY(add(guesses_key(account, address), exists));
  return add(guesses_key(account, ""), exists);
}

Status SignIns::succeeded(const std::string& account, const std::string& address) {
  LUMENFLOW_TRY(ledger_.erase(kGuesses, guesses_key(account, address)));
  return ledger_.put(kGuesses, trust_key(account, address),
                     big_endian(1) + big_endian(static_cast<std::uint64_t>(clock_.now().ms)));
}

bool SignIns::ask(const std::string& address, std::function<bool()> look, std::function<void(bool)> told) {
  std::deque<Job>& own = waiting_[address];
  if (count_ >= kWaitingMax || own.size() >= kWaitingOfOneMax) {
    if (own.empty()) waiting_.erase(address);
    return false;
  }
  ++count_;
  own.push_back({std::move(look), std::move(told)});
  if (own.size() == 1 && !running_.contains(address)) turns_.push_back(address);
  start();
  return true;
}

void SignIns::start() {
  while (running_.size() < kRunningMax && !turns_.empty()) {
    const std::string address = std::exchange(turns_.front(), {});
    turns_.pop_front();
    std::deque<Job>& own = waiting_[address];
    Job job = std::move(own.front());
    own.pop_front();
    --count_;
    if (own.empty()) waiting_.erase(address);
    running_.insert(address);
    const auto ended = [this, address, told = job.told](bool holds) {
      running_.erase(address);
      if (waiting_.contains(address)) turns_.push_back(address);
      told(holds);
      start();
    };
    const bool taken = executor_.post([this, look = job.look, ended] {
      const bool holds = look();
      post_([ended, holds] { ended(holds); });
    });
    if (!taken) post_([ended] { ended(false); });
  }
}

void SignIns::sweep() {
  const Timestamp now = clock_.now();
  const auto rows = ledger_.tables().scan(kGuesses, "", swept_to_, kSweptAtOnce);
  if (!rows.ok()) return;
  for (const log::KeyValue& row : *rows) {
    const Timestamp last{static_cast<std::int64_t>(from_big_endian(std::string_view(row.value).substr(8)))};
    const bool trust = row.key.ends_with(std::string(kTrusted) + '\0');
    if (last + (trust ? std::chrono::hours(kTrustedFor) : kForgottenAfter) <= now)
      (void)ledger_.erase(kGuesses, row.key);
  }
  swept_to_ = rows->size() == kSweptAtOnce ? rows->back().key : "";
}

}  // namespace lumenflow::conductor
