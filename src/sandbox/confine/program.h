// Becomes the confined program: limits, Landlock, no capabilities, the filter of system calls, then exec.
#pragma once

#include <cstdint>

#include "sandbox/plan.h"

namespace lumenflow::sandbox {

struct Surroundings {
  bool own_pids = false;            // in a pid namespace
  bool signals_confined = false;    // whom it can signal is limited already
  std::uint64_t processes_max = 0;  // RLIMIT_NPROC; 0: none
};

// Only returns by ending the process: what is wrong goes out over kStatusFd.
[[noreturn]] void run_program(const Plan& plan, const Surroundings& surroundings);

// Neither of the caller's three files is held open from now on: their other ends see when the program closes them.
void release_standard_files();

}  // namespace lumenflow::sandbox
