#include "base/work_gate.h"

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>

namespace lumenflow {

struct WorkGate::State {
  std::mutex mutex;
  std::condition_variable done;
  std::size_t running = 0;
  bool closed = false;
};

WorkGate::WorkGate() : state_(std::make_shared<State>()) {}

bool WorkGate::post(Executor& executor, std::function<void()> task) {
  return executor.post([state = state_, task = std::move(task)]() mutable {
    {
      const std::lock_guard lock(state->mutex);
      if (state->closed) return;
      ++state->running;
    }
    struct Leave {
      State& state;
      std::function<void()>& task;
      ~Leave() {
        task = nullptr;  // what it owns goes before it counts as done
        const std::lock_guard lock(state.mutex);
        if (--state.running == 0) state.done.notify_all();
      }
    } leave{*state, task};
    task();
  });
}

void WorkGate::close() {
  std::unique_lock lock(state_->mutex);
  state_->closed = true;
  state_->done.wait(lock, [this] { return state_->running == 0; });
}

}  // namespace lumenflow
