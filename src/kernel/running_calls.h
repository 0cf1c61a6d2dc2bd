// The calls whose tools run, found by all that one is asked for by. The strand's.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/sha256.h"
#include "kernel/ingress.h"
#include "kernel/running_call.h"

namespace lumenflow::kernel {

class RunningCalls {
 public:
  // By its receipt, its deadline, its idempotency key and its outer call, as far as it has them.
  void add(const CallPtr& call);
  // False when it was not there.
  bool remove(const RunningCall& call);

  bool empty() const { return calls_.empty(); }
  std::size_t size() const { return calls_.size(); }
  const std::unordered_map<std::string, CallPtr>& all() const { return calls_; }  // by receipt

  CallPtr find(const ReceiptId& receipt) const;           // null: it does not run
  CallPtr find_by_key(const Hash256& idempotency) const;  // likewise
  std::size_t count_of(const std::string& tool) const;
  // One that was made within this call; null: none is left.
  CallPtr made_within(const ReceiptId& outer) const;
  // One whose deadline has come; null: none.
  CallPtr overdue(std::chrono::nanoseconds monotonic) const;
  std::optional<std::chrono::nanoseconds> next_deadline() const;

 private:
  std::unordered_map<std::string, CallPtr> calls_;
  std::multimap<std::chrono::nanoseconds, std::string> deadlines_;  // -> receipt
  std::unordered_map<std::string, std::size_t> by_tool_;
  std::unordered_multimap<std::string, std::string> inner_;  // receipt of the outer -> of the inner
  std::map<Hash256, std::string> by_key_;                    // -> receipt
};

}  // namespace lumenflow::kernel
