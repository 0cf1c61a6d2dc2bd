// Where work runs that must not hold up the strand.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace lumenflow {

// Thread safe. A task must not throw.
class Executor {
 public:
  virtual ~Executor() = default;
  // False when the queue is at its limit or the executor has stopped; the task was then not taken.
  virtual bool post(std::function<void()> task) = 0;
};

// A fixed number of threads and a bounded queue. The destructor finishes what was taken, then joins.
class ThreadPoolExecutor final : public Executor {
 public:
  ThreadPoolExecutor(std::size_t threads, std::size_t queue_max);
  ~ThreadPoolExecutor() override;
  bool post(std::function<void()> task) override;
  // Takes no more, finishes what was taken, joins: before what the tasks use is destroyed. Once is enough; one thread.
  void finish();

 private:
  void run();
  const std::size_t queue_max_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;  // last: they start when all else is there
};

// Runs what was posted when told, on the caller's thread: for tests and simulation. Not thread safe.
class ManualExecutor final : public Executor {
 public:
  bool post(std::function<void()> task) override {
    tasks_.push_back(std::move(task));
    return true;
  }
  // Runs the oldest task; false when there is none.
  bool run_one();
  std::size_t pending() const { return tasks_.size(); }

 private:
  std::deque<std::function<void()>> tasks_;
};

}  // namespace lumenflow
