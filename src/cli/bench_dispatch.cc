// Durable dispatch against bare group commit of the same row bytes, and the CPU a call costs without the store.
#include "base/check.h"
#include "cli/bench_callers.h"
#include "cli/bench_cpu.h"
#include "cli/bench_groups.h"
#include "cli/bench_null_log.h"
#include "cli/bench_pack.h"
#include "kernel/kernel.h"

namespace lumenflow::cli {
namespace {

struct DispatchCase {
  std::string_view name;
  std::string_view tool;
  int commits;
  int callers;
  double budget;  // of the limit's rate
};

constexpr DispatchCase kCases[] = {
    {"dispatch.one_commit", kOneCommitTool, 1, 1, 0.60},  {"dispatch.one_commit", kOneCommitTool, 1, 8, 0.65},
    {"dispatch.one_commit", kOneCommitTool, 1, 32, 0.70}, {"dispatch.two_commits", kTwoCommitTool, 2, 1, 0.70},
    {"dispatch.two_commits", kTwoCommitTool, 2, 8, 0.70}, {"dispatch.two_commits", kTwoCommitTool, 2, 32, 0.70}};

Status measure_dispatch(Bench& bench, const DispatchCase& of) {
  std::vector<double> rates, tails, limit_rates, limit_tails, cpu;
  // The limit needs the bytes, which the first run of the product tells.
  for (int round = 0; round < bench.rounds(); ++round) {
    LUMENFLOW_TRY_ASSIGN(const CallerRun run, run_callers(bench.context, bench.scratch.sub("dispatch"),
                                                          {of.callers, of.tool, bench.run_seconds()}));
    rates.push_back(run.latency.rate);
    tails.push_back(run.latency.p99_us);
    cpu.push_back(run.strand_cpu_us);
    const auto limit = bench.limits.commit(of.callers, of.commits, run.bytes, bench.run_seconds());
    if (!limit) continue;
    limit_rates.push_back(limit->rate);
    limit_tails.push_back(limit->p99_us);
  }
  const std::string name = std::string(of.name) + "." + std::to_string(of.callers) + "_callers";
  const std::string limit_name = of.commits == 1 ? "commit_limit" : "commit_limit --commits 2";
  const bool limited = !limit_rates.empty();
  const auto against = [&](std::vector<double> values) {
    return limited ? std::optional(median(std::move(values))) : std::nullopt;
  };
  bench.figures.push_back({name + ".rate", median(rates), "calls/s", limited ? limit_name : "", against(limit_rates),
                           ratio_at_least(of.budget)});
  bench.figures.push_back({name + ".p99", median(tails), "us", limited ? limit_name : "", against(limit_tails), {}});
  bench.figures.push_back({name + ".strand_cpu", median(cpu), "us/call", "", {}, {}});
  return {};
}

}  // namespace

// Everything of a call but the wake-ups and SQLite: parse, validate, canonicalise, hash, policy, encode, leaves,
// answer. Microseconds of the strand a call.
Result<double> dispatch_cpu_us(Bench& bench, kernel::FrameTaker* recorder) {
  kernel::KernelOptions options = bench_kernel_options();
  const std::unique_ptr<log::Log> log = make_null_log();
  journal::BlobStore blobs(bench.context.files, bench.scratch.sub("blobs"));
  ManualExecutor executor;
  const kernel::KernelPorts ports{*log, blobs, bench.context.clock, bench.context.random, executor};
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<kernel::Kernel> kernel, kernel::Kernel::open(ports, std::move(options)));
  if (recorder != nullptr) {
    kernel->record({[recorder](const json::Object&) { return recorder; }, [](const Status&) {}});
    kernel->run_pending();
    if (!kernel->recording()) return Error(ErrorCode::kInternal, "the bench's recording did not begin");
  }

  auto credential = std::make_shared<kernel::Credential>();
  credential->subject = Subject("bench:local:bench");
  credential->scopes = {"workspace"};
  constexpr int kBatch = 32;
  int succeeded = 0;
  int batches = 0;
  const double ns = cpu_ns_of(bench.operations(1'000), [&] {
    ++batches;
    for (int i = 0; i < kBatch; ++i) {
      kernel::Call call;
      call.tool = kOneCommitTool;
      call.input = *json::parse(bench_input());
      call.credential = credential;
      LUMENFLOW_CHECK(kernel
                          ->submit(std::move(call),
                                   [&succeeded](const kernel::CallResult& result) {
                                     succeeded += result.outcome == journal::Outcome::kSuccess;
                                   })
                          .ok());
    }
    kernel->run_pending();
  });
  kernel->stop_recording("the bench is over");
  if (succeeded != batches * kBatch) return Error(ErrorCode::kInternal, "a call without a store failed");
  return ns / kBatch / 1000;
}

Status bench_cpu(Bench& bench) {
  LUMENFLOW_TRY_ASSIGN(const double us, dispatch_cpu_us(bench, nullptr));
  bench.figures.push_back({"cpu.dispatch_without_store", us, "us/call", "", {}, value_at_most(6)});
  return {};
}

Status bench_dispatch(Bench& bench) {
  for (const DispatchCase& of : kCases) LUMENFLOW_TRY(measure_dispatch(bench, of));
  return {};
}

}  // namespace lumenflow::cli
