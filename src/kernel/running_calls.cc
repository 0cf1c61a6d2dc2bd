#include "kernel/running_calls.h"

namespace lumenflow::kernel {
namespace {

// Of several values under one key, the one that is this receipt.
template <class Multimap, class Key>
void erase_one(Multimap& map, const Key& key, const std::string& receipt) {
  const auto [first, last] = map.equal_range(key);
  for (auto it = first; it != last; ++it)
    if (it->second == receipt) {
      map.erase(it);
      return;
    }
}

}  // namespace

void RunningCalls::add(const CallPtr& call) {
  const std::string& receipt = call->receipt.str();
  calls_.emplace(receipt, call);
  ++by_tool_[call->tool->descriptor.name];
  if (call->deadline) deadlines_.emplace(*call->deadline, receipt);
  if (call->idempotency_hash) by_key_.emplace(*call->idempotency_hash, receipt);
  if (call->call.outer != nullptr) inner_.emplace(call->call.outer->receipt.str(), receipt);
}

bool RunningCalls::remove(const RunningCall& call) {
  const auto found = calls_.find(call.receipt.str());
  if (found == calls_.end()) return false;
  const CallPtr kept = found->second;  // `call` may be what it alone owns
  const std::string& receipt = kept->receipt.str();
  if (call.deadline) erase_one(deadlines_, *call.deadline, receipt);
  if (call.idempotency_hash) by_key_.erase(*call.idempotency_hash);
  if (call.call.outer != nullptr) erase_one(inner_, call.call.outer->receipt.str(), receipt);
  if (const auto count = by_tool_.find(call.tool->descriptor.name); count != by_tool_.end() && --count->second == 0)
    by_tool_.erase(count);
  calls_.erase(found);
  return true;
}

CallPtr RunningCalls::find(const ReceiptId& receipt) const {
  const auto found = calls_.find(receipt.str());
  return found == calls_.end() ? nullptr : found->second;
}

CallPtr RunningCalls::find_by_key(const Hash256& idempotency) const {
  const auto found = by_key_.find(idempotency);
  return found == by_key_.end() ? nullptr : calls_.at(found->second);
}

std::size_t RunningCalls::count_of(const std::string& tool) const {
  const auto found = by_tool_.find(tool);
  return found == by_tool_.end() ? 0 : found->second;
}

CallPtr RunningCalls::made_within(const ReceiptId& outer) const {
  const auto found = inner_.find(outer.str());
  return found == inner_.end() ? nullptr : calls_.at(found->second);
}

CallPtr RunningCalls::overdue(std::chrono::nanoseconds monotonic) const {
  const bool any = !deadlines_.empty() && deadlines_.begin()->first <= monotonic;
  return any ? calls_.at(deadlines_.begin()->second) : nullptr;
}

std::optional<std::chrono::nanoseconds> RunningCalls::next_deadline() const {
  return deadlines_.empty() ? std::nullopt : std::optional(deadlines_.begin()->first);
}

}  // namespace lumenflow::kernel
