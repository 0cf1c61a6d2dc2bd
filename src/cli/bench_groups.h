// The groups of figures that `lumenflow bench` measures; each is one function.
#pragma once

#include <string>
#include <vector>

#include "cli/bench_figure.h"
#include "cli/bench_limits.h"
#include "cli/bench_workspace.h"
#include "cli/context.h"

namespace lumenflow::cli {

struct Bench {
  Context& context;
  ScratchFolder& scratch;
  BenchLimits& limits;
  bool long_runs = false;  // LUMENFLOW_BENCH_LONG=1
  std::vector<Figure> figures;  // of the group that runs
};

inline constexpr int kBenchRounds = 3;          // interleaved runs of limit and product; figures are their medians
inline constexpr double kBenchRunSeconds = 1.0;  // of each

Status bench_cpu(Bench& bench);
Status bench_dispatch(Bench& bench);
Status bench_http(Bench& bench);
Status bench_json(Bench& bench);
Status bench_log(Bench& bench);
Status bench_startup(Bench& bench);
Status bench_memory(Bench& bench);
Status bench_growth(Bench& bench);

}  // namespace lumenflow::cli
