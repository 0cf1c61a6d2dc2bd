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

  // As long as it lives, the task on this thread waits for other tasks or for the world outside, and does not count
  // among those that run: tasks that wait for tasks cannot stand in each other's way. On a thread of the executor.
  class Waiting {
   public:
    explicit Waiting(Executor& executor) : executor_(executor) { executor_.wait_begins(); }
    ~Waiting() { executor_.wait_ends(); }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

   private:
    Executor& executor_;
  };

 private:
  virtual void wait_begins() {}
  virtual void wait_ends() {}
};

// So many tasks at once that run, and a bounded queue. For tasks that wait there are more threads, up to a limit. The
// destructor finishes what was taken, then joins.
class ThreadPoolExecutor final : public Executor {
 public:
  ThreadPoolExecutor(std::size_t threads, std::size_t queue_max);
  ~ThreadPoolExecutor() override;
  bool post(std::function<void()> task) override;
  // Takes no more, finishes what was taken, joins: before what the tasks use is destroyed. Once is enough; one thread.
  void finish();

 private:
  void wait_begins() override;
  void wait_ends() override;
  void run();
  bool may_begin() const { return !queue_.empty() && (active_ < active_max_ || stopping_); }
  bool claim_wake();  // whether to wake one thread; under the mutex
  void add_thread();  // where none is left for a task that may begin; under the mutex
  const std::size_t active_max_;
  const std::size_t queue_max_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  bool waking_ = false;               // a thread was notified and does not run yet
  std::size_t idle_ = 0;              // threads without a task
  std::size_t active_ = 0;            // tasks that run and do not wait
  std::size_t waiting_ = 0;           // tasks that wait
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
