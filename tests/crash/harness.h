// A trial: random work on a workspace, which dies at given moments and goes on after each, and in the end has come to
// rest; checked after every return and at the end.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "checker.h"
#include "process.h"
#include "sim_disk.h"

namespace lumenflow::crash {

// Random work, from a seed. Remembers what callers were told, also across lives.
class Workload {
 public:
  using Told = std::function<void(std::string_view kind, std::int64_t n, const Asked& asked)>;
  // `told` hears of every acknowledgement as it comes. Numbers begin after `numbers_after`.
  explicit Workload(std::uint32_t seed, std::int64_t numbers_after = 0, Told told = {})
      : random_(seed), next_n_(numbers_after), told_(std::move(told)) {}
  // Does something on the process, and lets it do what follows from that.
  void step(Process& process);
  const History& history() const { return history_; }
  std::uint64_t refused() const { return refused_; }

 private:
  struct Keyed {
    std::string_view tool;
    std::int64_t n;
    std::string key;
  };
  void call(Process& process, std::string_view tool, std::int64_t n, const std::string& key);
  void call_something(Process& process);

  std::mt19937 random_;
  std::int64_t next_n_;
  const Told told_;
  std::vector<Keyed> keyed_;  // to be asked again
  History history_;
  std::uint64_t refused_ = 0;
};

struct TrialOptions {
  std::uint32_t seed = 1;
  std::size_t steps = 12;             // of each life
  std::vector<std::uint64_t> deaths;  // of one life each: after so many changes to the disk
  bool power = false;                 // goes with each death; else the process alone dies
  bool ignores_syncs = false;
  SimDisk::Fault fault = SimDisk::Fault::kNone;  // now and then, in every life
};

struct Trial {
  std::string fault;               // what was wrong; empty: nothing
  std::uint64_t deaths = 0;        // that came
  std::uint64_t changes = 0;       // to the disk, before it was to come to rest
  std::uint64_t acknowledged = 0;  // emissions
};

Trial run_trial(const TrialOptions& options);

// How many times as much as in everyday testing: LUMENFLOW_CRASH_SCALE, 1 without it.
std::uint32_t scale();

}  // namespace lumenflow::crash
