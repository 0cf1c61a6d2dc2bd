// Work that runs on packs' own executors, so that a kernel can wait for it before it ends. Thread safe.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <utility>

#include "base/executor.h"

namespace lumenflow::kernel {

class HostedWork {
 public:
  bool post(Executor& executor, std::function<void()> task) {
    begin();
    const bool taken = executor.post([this, task = std::move(task)]() mutable {
      task();
      task = nullptr;  // what it owns goes before it counts as done
      end();
    });
    if (!taken) end();
    return taken;
  }
  void wait_until_done() {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return running_ == 0; });
  }

 private:
  void begin() {
    const std::lock_guard lock(mutex_);
    ++running_;
  }
  void end() {
    const std::lock_guard lock(mutex_);
    if (--running_ == 0) done_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable done_;
  std::size_t running_ = 0;
};

}  // namespace lumenflow::kernel
