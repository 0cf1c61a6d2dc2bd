// The threads of one pack: few, made when there is work for them. A thread that waits for a call of its own pack does
// not count, so that such calls cannot wait for each other for ever.
//
// Thread safe. The last owner may be one of its own threads.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "base/executor.h"

namespace lumenflow::hosts {

class PackExecutor final : public Executor {
 public:
  PackExecutor(std::size_t threads_max, std::size_t queue_max);
  ~PackExecutor() override;  // finishes what was taken
  PackExecutor(const PackExecutor&) = delete;
  PackExecutor& operator=(const PackExecutor&) = delete;

  bool post(std::function<void()> task) override;

  struct State;
  // As long as it lives the thread that made it waits for others. Keeps the state, not the executor.
  class Waiting {
   public:
    explicit Waiting(std::shared_ptr<State> state);
    ~Waiting();
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

   private:
    const std::shared_ptr<State> state_;  // shared with the threads
  };
  const std::shared_ptr<State>& state() const { return state_; }

 private:
  const std::shared_ptr<State> state_;  // shared with the threads, which may outlive the executor by their last steps
};

}  // namespace lumenflow::hosts
