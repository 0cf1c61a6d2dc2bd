#include "sidekick/storage/fold_thread.h"

#include <chrono>

namespace lumenflow::sidekick {
namespace {

// Documents follow the last write within a second: a pause this long, and the folding itself.
constexpr std::chrono::milliseconds kPause{250};
constexpr std::chrono::seconds kRetry{1};
// While writing never pauses, the log may grow to this; folding then costs little beside what was written.
constexpr std::uint64_t kLogBytesMax = 64u << 20;

}  // namespace

Result<std::unique_ptr<FoldThread>> FoldThread::open(Disk& disk) {
  std::unique_ptr<FoldThread> folding(new FoldThread());
  FileStoreOptions options;
  options.on_change = [thread = folding.get()] {
    const std::lock_guard lock(thread->mutex_);
    thread->has_changes_ = true;
    thread->changed_.notify_one();
  };
  LUMENFLOW_TRY_ASSIGN(folding->store_, FileStore::open(disk, std::move(options)));
  folding->has_changes_ = folding->store_->is_behind();
  folding->thread_ = std::thread([thread = folding.get()] { thread->run(); });
  return folding;
}

FoldThread::~FoldThread() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
  (void)store_->fold();  // what fails here is in the log, and found there by the next process
}

// Returns when nothing was written for a while, or the log is long; false when it is time to stop.
bool FoldThread::pause(std::unique_lock<std::mutex>& lock) {
  for (std::uint64_t seen = store_->changes();;) {
    if (changed_.wait_for(lock, kPause, [this] { return stopping_; })) return false;
    const std::uint64_t now = store_->changes();
    if (now == seen || store_->log_bytes() > kLogBytesMax) return true;
    seen = now;
  }
}

void FoldThread::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return has_changes_ || stopping_; });
    if (stopping_ || !pause(lock)) return;
    has_changes_ = false;
    lock.unlock();
    const Status status = store_->fold();
    lock.lock();
    if (status.ok()) continue;
    has_changes_ = true;
    if (changed_.wait_for(lock, kRetry, [this] { return stopping_; })) return;
  }
}

}  // namespace lumenflow::sidekick
