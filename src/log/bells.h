// Who waits for a Log to grow. Thread safe; bells ring on the thread that calls, outside the lock.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace lumenflow::log {

class Bells {
 public:
  // `size` reads the head; a bell whose turn has come rings at once.
  template <class Size>
  void add(std::uint64_t after, std::function<void()> bell, const Size& size) {
    {
      const std::lock_guard lock(mutex_);
      waiting_.emplace_back(after, std::move(bell));
      count_.store(waiting_.size(), std::memory_order_seq_cst);
    }
    ring(size());
  }

  // After the head moved to `size`.
  void ring(std::uint64_t size) {
    if (count_.load(std::memory_order_seq_cst) == 0) return;
    std::vector<std::pair<std::uint64_t, std::function<void()>>> due;
    {
      const std::lock_guard lock(mutex_);
      const auto first_due = std::stable_partition(waiting_.begin(), waiting_.end(),
                                                   [&](const auto& waiter) { return waiter.first >= size; });
      due.assign(std::make_move_iterator(first_due), std::make_move_iterator(waiting_.end()));
      waiting_.erase(first_due, waiting_.end());
      count_.store(waiting_.size(), std::memory_order_seq_cst);
    }
    for (const auto& [after, bell] : due) bell();
  }

 private:
  std::mutex mutex_;
  std::vector<std::pair<std::uint64_t, std::function<void()>>> waiting_;
  std::atomic<std::size_t> count_{0};
};

}  // namespace lumenflow::log
