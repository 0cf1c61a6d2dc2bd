// Blocking callers against a kernel on a thread of its own: what a call costs end to end, and what it costs the strand.
//
// One call of run_callers() is one run: the workspace is fresh, a third of the time warms up.
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

Result<CallerRun> run_callers(Context& context, const std::string& root, int callers, std::string_view tool,
                              double seconds);

}  // namespace lumenflow::cli
