// What is known of a Log's condition. Damage is found by whoever reads first, on any thread, and stays.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>

#include "log/log.h"

namespace lumenflow::log {

class ConditionCell {
 public:
  bool damaged() const { return damaged_.load(std::memory_order_acquire); }
  Condition get() const {
    const std::lock_guard lock(mutex_);
    return condition_;
  }
  // The first finding stays.
  void found(Condition damage) {
    if (!damage.damaged) return;
    const std::lock_guard lock(mutex_);
    if (condition_.damaged) return;
    condition_ = std::move(damage);
    damaged_.store(true, std::memory_order_release);
  }

 private:
  std::atomic<bool> damaged_ = false;
  mutable std::mutex mutex_;
  Condition condition_;
};

}  // namespace lumenflow::log
