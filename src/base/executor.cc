#include "base/executor.h"

#include <utility>

namespace lumenflow {
namespace {

constexpr std::size_t kWaitingMax = 256;  // threads of tasks that wait; beyond, tasks stay in the queue

}  // namespace

ThreadPoolExecutor::ThreadPoolExecutor(std::size_t threads, std::size_t queue_max)
    : active_max_(threads), queue_max_(queue_max) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

ThreadPoolExecutor::~ThreadPoolExecutor() { finish(); }

void ThreadPoolExecutor::finish() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  for (std::thread& thread : threads_) thread.join();  // none is added any more
  threads_.clear();
}

bool ThreadPoolExecutor::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || queue_.size() >= queue_max_) return false;
    queue_.push_back(std::move(task));
    add_thread();
    if (!claim_wake()) return true;
  }
  work_.notify_one();
  return true;
}

// One thread is woken at a time, and it wakes the next while there is more to do: whoever posts many short tasks pays
// for one wake-up, and no more threads run than the tasks need.
bool ThreadPoolExecutor::claim_wake() {
  if (waking_ || idle_ == 0 || !may_begin()) return false;
  return waking_ = true;
}

void ThreadPoolExecutor::add_thread() {
  if (stopping_ || idle_ > 0 || !may_begin() || threads_.size() >= active_max_ + kWaitingMax) return;
  if (threads_.size() == active_ + waiting_) threads_.emplace_back([this] { run(); });
}

void ThreadPoolExecutor::wait_begins() {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    --active_;
    ++waiting_;
    add_thread();
    wake = claim_wake();
  }
  if (wake) work_.notify_one();
}

void ThreadPoolExecutor::wait_ends() {
  const std::lock_guard lock(mutex_);
  ++active_;  // perhaps one more than may begin, for as long as it takes
  --waiting_;
}

void ThreadPoolExecutor::run() {
  for (std::unique_lock lock(mutex_);;) {
    while (!may_begin() && !stopping_) {
      ++idle_;
      work_.wait(lock);
      --idle_;
      waking_ = false;
    }
    if (queue_.empty()) return;
    std::function<void()> task = std::move(queue_.front());
    queue_.pop_front();
    ++active_;
    const bool wake = claim_wake();
    lock.unlock();
    if (wake) work_.notify_one();
    task();
    task = nullptr;  // what it owns goes before the lock is taken again
    lock.lock();
    --active_;
  }
}

bool ManualExecutor::run_one() {
  if (tasks_.empty()) return false;
  const std::function<void()> task = std::move(tasks_.front());
  tasks_.pop_front();
  task();
  return true;
}

}  // namespace lumenflow
