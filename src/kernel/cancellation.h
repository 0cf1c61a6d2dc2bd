// Whether a run is to stop, and who wants to know at once. Thread safe; shared by the strand and the thread of the run.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <utility>

namespace lumenflow::kernel {

class Cancellation {
 public:
  bool asked() const { return asked_; }

  void ask() {
    const std::lock_guard lock(mutex_);
    asked_ = true;
    if (listener_) std::exchange(listener_, {})();
  }

  // Called once, at once when asked already. Takes the place of the one before, which is returned unless it was called,
  // and waits until that is not being called; an empty one only takes it away.
  std::function<void()> listen(std::function<void()> listener) {
    const std::lock_guard lock(mutex_);
    std::function<void()> before = std::exchange(listener_, std::move(listener));
    if (asked_ && listener_) std::exchange(listener_, {})();
    return before;
  }

 private:
  std::atomic<bool> asked_ = false;
  std::mutex mutex_;
  std::function<void()> listener_;
};

}  // namespace lumenflow::kernel
