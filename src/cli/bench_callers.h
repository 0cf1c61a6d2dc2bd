// Blocking callers against a kernel on a thread of its own: what a call costs end to end, and what it costs the strand.
//
// One call of run_callers() is one run; a third of the time warms up.
#pragma once

#include <string>
#include <string_view>

#include "cli/bench_limits.h"
#include "cli/context.h"

namespace lumenflow::cli {

struct CallerRun {
  RateAndTail latency;
  double strand_cpu_us = 0;  // per call, with its share of the commits
  CallBytes bytes;           // per commit
};

struct CallerLoad {
  int callers = 1;
  std::string_view tool;
  double seconds = 1;
  std::string record_to = {};  // a file for a recording of it; empty: none
};

Result<CallerRun> run_callers(Context& context, const std::string& root, const CallerLoad& load);

}  // namespace lumenflow::cli
