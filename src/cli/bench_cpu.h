// CPU time of the calling thread, which other processes do not lengthen as they do the wall clock.
#pragma once

#include <time.h>

#include <vector>

#include "cli/bench_figure.h"

namespace lumenflow::cli {

inline double thread_cpu_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

// Median CPU ns of one `operation`, over five runs of `count` after one that warms up.
template <class Operation>
double cpu_ns_of(int count, Operation operation) {
  std::vector<double> runs;
  for (int run = 0; run <= 5; ++run) {
    const double start = thread_cpu_ns();
    for (int i = 0; i < count; ++i) operation();
    if (run > 0) runs.push_back((thread_cpu_ns() - start) / count);
  }
  return median(std::move(runs));
}

}  // namespace lumenflow::cli
