// A machine: what outlives the process on it. Its disk, its small files, its clock and where its draws stand.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/executor.h"
#include "base/files.h"
#include "base/random.h"
#include "base/time.h"
#include "crash/sim_disk.h"
#include "scheduler.h"

namespace lumenflow::sim {

// The time of the simulation, with the wall clock as far off as this machine's is.
class MachineClock final : public Clock {
 public:
  explicit MachineClock(const Scheduler& scheduler) : scheduler_(scheduler) {}
  Timestamp now() const override {
    return Timestamp{1'772'366'400'000} + std::chrono::duration_cast<std::chrono::milliseconds>(scheduler_.now()) + off;
  }
  std::chrono::nanoseconds monotonic() const override { return scheduler_.now(); }

  std::chrono::milliseconds off{0};  // 0: 2026-03-01T12:00:00Z when the simulation began

 private:
  const Scheduler& scheduler_;
};

struct Machine {
  Machine(Scheduler& of, std::string its_name, std::uint64_t seed)
      : scheduler(of),
        name(std::move(its_name)),
        disk(static_cast<std::uint32_t>(seed)),
        clock(of),
        random(seed),
        draw(~seed) {}

  Scheduler& scheduler;
  const std::string name;
  crash::SimDisk disk;
  std::unique_ptr<Files> files = make_memory_files();  // each write of a whole file is durable
  MachineClock clock;
  SeededRandom random;  // the product's
  Draw draw;            // of how long things take
};

// Threads of a process: each task runs after a while, whole.
class SimExecutor final : public Executor {
 public:
  // `around` runs each task; null: as it is.
  SimExecutor(Machine& machine, Life life, const char* what, Micros longest)
      : machine_(machine), life_(life), what_(what), longest_(longest) {}
  bool post(std::function<void()> task) override {
    machine_.scheduler.after(machine_.draw.between(Micros(5), longest_), life_, what_, wrap(std::move(task)));
    return true;
  }
  std::function<void(const std::function<void()>&)> around;

 private:
  std::function<void()> wrap(std::function<void()> task) {
    if (!around) return task;
    return [run = around, task = std::move(task)] { run(task); };
  }

  Machine& machine_;
  const Life life_;
  const char* const what_;
  const Micros longest_;
};

}  // namespace lumenflow::sim
