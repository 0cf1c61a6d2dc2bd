// Holds a program to its limits where no control group does: every fork is asked for, and what it uses is looked at
// every 10 ms, or less often where looking takes more than 1 ms.
#pragma once

#include <chrono>
#include <vector>

#include "sandbox/confine/census.h"
#include "sandbox/confine/cpu_time.h"
#include "sandbox/confine/fork_gate.h"
#include "sandbox/plan.h"

namespace lumenflow::sandbox {

// Of all that descends from the process that made it, which has to reap orphans.
class Counted {
 public:
  explicit Counted(const Plan& plan) : plan_(plan), gate_(plan.processes) {}

  // Before the program is forked, see ForkGate.
  int door() const { return gate_.door(); }
  void close_door() { gate_.close_door(); }

  // look() is to be called when there is something to read here, and in any case after `wait_ms`.
  int fd() const { return gate_.fd(); }
  int wait_ms() const;
  // The limit that was reached: everything has to end then.
  LimitHit look();

 private:
  using Clock = std::chrono::steady_clock;
  std::uint64_t count_tasks();
  std::uint64_t cpu_ms();

  const Plan& plan_;
  ForkGate gate_;
  std::vector<Process> processes_;
  CpuTime cpu_;
  Clock::time_point next_look_ = Clock::now();
};

}  // namespace lumenflow::sandbox
