#include "hosts/pack_executor.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace lumenflow::hosts {

struct PackExecutor::State {
  State(std::size_t most, std::size_t longest) : threads_max(most), queue_max(longest) {}

  const std::size_t threads_max;
  const std::size_t queue_max;
  std::mutex mutex;
  std::condition_variable work;
  std::condition_variable ended;
  std::deque<std::function<void()>> queue;
  std::size_t threads = 0;
  std::size_t idle = 0;
  std::size_t waiting = 0;  // of the threads: for others
  bool stopping = false;
};

namespace {

using State = PackExecutor::State;

thread_local const State* t_own = nullptr;  // whose thread this is

void run(const std::shared_ptr<State>& state) {
  t_own = state.get();
  std::unique_lock lock(state->mutex);
  for (;;) {
    while (state->queue.empty() && !state->stopping && state->threads - state->waiting <= state->threads_max) {
      ++state->idle;
      state->work.wait(lock);
      --state->idle;
    }
    if (state->queue.empty()) break;  // the end, or one thread too many
    std::function<void()> task = std::move(state->queue.front());
    state->queue.pop_front();
    lock.unlock();
    task();
    task = nullptr;  // what it owns goes before the lock is taken again
    lock.lock();
  }
  --state->threads;
  state->ended.notify_all();
}

// Under the mutex: as many threads as there is work for, and may be.
void staff(const std::shared_ptr<State>& state) {
  if (state->queue.size() > state->idle && state->threads - state->waiting < state->threads_max) {
    ++state->threads;
    std::thread([state] { run(state); }).detach();
  } else {
    state->work.notify_one();
  }
}

}  // namespace

PackExecutor::PackExecutor(std::size_t threads_max, std::size_t queue_max)
    : state_(std::make_shared<State>(threads_max, queue_max)) {}

PackExecutor::~PackExecutor() {
  std::unique_lock lock(state_->mutex);
  state_->stopping = true;
  state_->work.notify_all();
  const std::size_t own = t_own == state_.get() ? 1 : 0;
  state_->ended.wait(lock, [&] { return state_->threads <= own; });
}

bool PackExecutor::post(std::function<void()> task) {
  const std::lock_guard lock(state_->mutex);
  if (state_->stopping || state_->queue.size() >= state_->queue_max) return false;
  state_->queue.push_back(std::move(task));
  staff(state_);
  return true;
}

PackExecutor::Waiting::Waiting(std::shared_ptr<State> state) : state_(std::move(state)) {
  const std::lock_guard lock(state_->mutex);
  ++state_->waiting;
  if (!state_->queue.empty()) staff(state_);
}

PackExecutor::Waiting::~Waiting() {
  const std::lock_guard lock(state_->mutex);
  --state_->waiting;
  state_->work.notify_one();  // perhaps one too many is idle
}

}  // namespace lumenflow::hosts
