// For an object that gives tasks to an executor which outlives it: what the tasks borrow stays until the gate is
// closed.
#pragma once

#include <functional>
#include <memory>

#include "base/executor.h"

namespace lumenflow {

// Thread safe, but closed by one thread, which is not within a task of its own.
class WorkGate {
 public:
  WorkGate();
  ~WorkGate() { close(); }
  WorkGate(const WorkGate&) = delete;
  WorkGate& operator=(const WorkGate&) = delete;

  // As Executor::post. The task does nothing when it begins after close().
  bool post(Executor& executor, std::function<void()> task);
  // Returns when none of the tasks runs, nor will. What those own that have not begun goes with the executor's queue.
  void close();

 private:
  struct State;
  const std::shared_ptr<State> state_;  // shared with the tasks, which may outlive this
};

}  // namespace lumenflow
