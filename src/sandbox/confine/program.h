// Becomes the confined program: limits, Landlock, no capabilities, the filter of system calls, then exec.
#pragma once

#include "sandbox/plan.h"

namespace lumenflow::sandbox {

struct Surroundings {
  bool own_pids = false;          // in a pid namespace
  bool signals_confined = false;  // whom it can signal is limited already
  int gate = -1;                  // the door of the ForkGate; -1: forks are not asked for
};

// Only returns by ending the process: what is wrong goes out over kStatusFd.
[[noreturn]] void run_program(const Plan& plan, const Surroundings& surroundings);

// Neither of the caller's three files is held open from now on: their other ends see when the program closes them.
void release_standard_files();

}  // namespace lumenflow::sandbox
