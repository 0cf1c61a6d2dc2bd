// What a long journal costs: the rate of dispatch with many entries in it, beside the rate when it is empty.
#include "cli/bench_callers.h"
#include "cli/bench_groups.h"
#include "cli/bench_pack.h"

namespace lumenflow::cli {
namespace {

constexpr int kCallers = 32;

std::uint64_t entries_of(const Bench& bench) {
  if (bench.long_runs) return 10'000'000;
  return bench.quick ? 3'000 : 300'000;
}

Result<std::string> filled_workspace(Bench& bench) {
  const std::string root = bench.scratch.sub("growth-many");
  {  // its keys, its configuration and an empty journal
    LUMENFLOW_TRY_ASSIGN(const auto made, BenchWorkspace::open(bench.context, root, [] {}));
  }
  LUMENFLOW_TRY(fill_journal(sidecar::WorkspacePaths(root), entries_of(bench)));
  return root;
}

}  // namespace

Status bench_growth(Bench& bench) {
  LUMENFLOW_TRY_ASSIGN(const std::string many, filled_workspace(bench));
  std::vector<double> empty, filled, keyed;
  CallerLoad load{kCallers, kOneCommitTool, bench.run_seconds(), false};
  for (int round = 0; round < bench.rounds(); ++round) {
    load.keyed = false;
    LUMENFLOW_TRY_ASSIGN(const CallerRun without, run_callers(bench.context, bench.scratch.sub("growth"), load));
    LUMENFLOW_TRY_ASSIGN(const CallerRun with, run_callers(bench.context, many, load));
    load.keyed = true;
    // A key belongs to one run, so each run begins with the same number of entries and no key.
    LUMENFLOW_TRY_ASSIGN(const CallerRun with_keys, run_callers(bench.context, bench.scratch.sub("growth"), load));
    empty.push_back(without.latency.rate);
    filled.push_back(with.latency.rate);
    keyed.push_back(with_keys.latency.rate);
  }
  const std::string entries = std::to_string(entries_of(bench));
  bench.figures.push_back({"growth.rate_at_" + entries + "_entries", median(filled), "calls/s", "with an empty journal",
                           median(empty), ratio_at_least(0.9)});
  bench.figures.push_back({"growth.rate_with_idempotency_keys", median(keyed), "calls/s", "without keys", median(empty),
                           ratio_at_least(0.8)});
  return {};
}

}  // namespace lumenflow::cli
