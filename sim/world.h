// One run from one seed: workspaces, a conductor and an operator, all that goes wrong with them, and then the healing.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

namespace lumenflow::sim {

// The negative controls: a fault that is planted, which some seed must find.
enum class Planted : std::uint8_t {
  kNothing,
  kSyncsLie,  // the disks of workspaces and conductor answer a sync and do nothing
};

struct RunOptions {
  std::uint64_t seed = 1;
  int workspaces = 0;  // 0: two to four, as the seed says
  int steps = 0;       // of the work; 0: 75 to 190, as the seed says
  Planted planted = Planted::kNothing;
  std::ostream* trace = nullptr;  // null: its hash alone
};

struct RunResult {
  std::string fault;  // what was wrong; empty: nothing
  std::uint64_t hash = 0;
  std::uint64_t lines = 0;  // of the trace
  std::uint64_t calls = 0, commands = 0, commands_done = 0, crashes = 0;
};

RunResult run(const RunOptions& options);

}  // namespace lumenflow::sim
