// Whether a run is to stop, and who wants to know at once. Thread safe; shared by the strand and the thread of the run.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace lumenflow::kernel {

class Cancellation {
 public:
  bool asked() const { return asked_; }

  void ask() {
    const std::lock_guard lock(mutex_);
    asked_ = true;
    if (listener_) std::exchange(listener_, {})();
    for (const Also* also : also_) also->told_();
  }

  // Called once, at once when asked already. Takes the place of the one before, which is returned unless it was called,
  // and waits until that is not being called; an empty one only takes it away.
  std::function<void()> listen(std::function<void()> listener) {
    const std::lock_guard lock(mutex_);
    std::function<void()> before = std::exchange(listener_, std::move(listener));
    if (asked_ && listener_) std::exchange(listener_, {})();
    return before;
  }

  // Told as well, as long as it lives; at once when asked already. Its end waits until it is not being called.
  class Also {
   public:
    // `cancellation` may be null: then nobody tells it.
    Also(Cancellation* cancellation, std::function<void()> told) : cancellation_(cancellation), told_(std::move(told)) {
      if (cancellation_ == nullptr) return;
      const std::lock_guard lock(cancellation_->mutex_);
      cancellation_->also_.push_back(this);
      if (cancellation_->asked_) told_();
    }
    ~Also() {
      if (cancellation_ == nullptr) return;
      const std::lock_guard lock(cancellation_->mutex_);
      std::erase(cancellation_->also_, this);
    }
    Also(const Also&) = delete;
    Also& operator=(const Also&) = delete;

   private:
    friend class Cancellation;
    Cancellation* const cancellation_;
    const std::function<void()> told_;
  };

 private:
  std::atomic<bool> asked_ = false;
  std::mutex mutex_;
  std::function<void()> listener_;
  std::vector<const Also*> also_;
};

}  // namespace lumenflow::kernel
