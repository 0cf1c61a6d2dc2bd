// The groups of figures that `lumenflow bench` measures; each is one function.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "cli/bench_figure.h"
#include "cli/bench_limits.h"
#include "cli/bench_workspace.h"
#include "cli/context.h"
#include "kernel/raw_frame.h"

namespace lumenflow::cli {

struct Bench {
  Context& context;
  ScratchFolder& scratch;
  BenchLimits& limits;
  bool long_runs = false;       // LUMENFLOW_BENCH_LONG=1
  bool quick = false;           // one round of next to nothing of each
  std::vector<Figure> figures;  // of the group that runs

  int rounds() const { return quick ? 1 : 3; }            // interleaved runs of limit and product: their medians count
  double run_seconds() const { return quick ? 0.2 : 1; }  // of each
  int operations(int full) const { return quick ? std::max(1, full / 10) : full; }
};

// CPU of the strand for a call without wake-ups and SQLite, in microseconds; recorded, where a recorder is given.
Result<double> dispatch_cpu_us(Bench& bench, kernel::FrameTaker* recorder);

Status bench_agents(Bench& bench);
Status bench_bus(Bench& bench);
Status bench_catalogue(Bench& bench);
Status bench_cpu(Bench& bench);
Status bench_dispatch(Bench& bench);
Status bench_events(Bench& bench);
Status bench_http(Bench& bench);
Status bench_json(Bench& bench);
Status bench_log(Bench& bench);
Status bench_policy(Bench& bench);
Status bench_recording(Bench& bench);
Status bench_startup(Bench& bench);
Status bench_memory(Bench& bench);
Status bench_growth(Bench& bench);

}  // namespace lumenflow::cli
