#include "cli/bench_parked.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ulid.h"
#include "cli/bench_cpu.h"
#include "cli/bench_pack.h"
#include "journal/approvals.h"
#include "journal/tables.h"
#include "kernel/kernel.h"
#include "log/sqlite_log.h"

namespace lumenflow::cli {
namespace {

constexpr int kParkedPerCommit = 10'000;
constexpr int kCallsPerCommit = 32;
constexpr int kMeasuredCommits = 200;

// Written as the kernel writes them, without a call each: so many calls take hours to make.
Status park(Bench& bench, log::Log& log, int count) {
  journal::Approvals approvals(log);
  LUMENFLOW_TRY(approvals.load());
  const Timestamp now = bench.context.clock.now();
  for (int i = 0; i < count; ++i) {
    journal::ParkedCall call;
    call.receipt = ReceiptId("rcpt-" + make_ulid(now, bench.context.random.draw16()).str());
    call.covered = json::Object{{"tool", kOneCommitTool}};
    call.digest = std::string(64, '0');
    call.tool = kOneCommitTool;
    call.subject = "bench:local:bench";
    call.input = bench_input();
    call.requested_at = now;
    call.expires_at = now + std::chrono::hours(24) + std::chrono::milliseconds(i % 3'600'000);
    LUMENFLOW_TRY(approvals.park(call));
    if ((i + 1) % kParkedPerCommit == 0 || i + 1 == count) LUMENFLOW_TRY(log.commit());
  }
  return {};
}

Result<double> cpu_us_per_call(Bench& bench, kernel::Kernel& kernel) {
  auto credential = std::make_shared<kernel::Credential>();  // shared by every call, as a connection's is
  credential->subject = Subject("bench:local:bench");
  credential->scopes = {"workspace"};
  const int commits = bench.operations(kMeasuredCommits);
  int succeeded = 0;
  std::vector<double> rounds;
  for (int round = 0; round <= bench.rounds(); ++round) {
    const double began = thread_cpu_ns();
    for (int i = 0; i < commits * kCallsPerCommit; ++i) {
      kernel::Call call;
      call.tool = kOneCommitTool;
      call.input = *json::parse(bench_input());
      call.credential = credential;
      LUMENFLOW_TRY(kernel.submit(std::move(call), [&succeeded](const kernel::CallResult& result) {
        succeeded += result.outcome == journal::Outcome::kSuccess;
      }));
      if ((i + 1) % kCallsPerCommit == 0) kernel.run_pending();
    }
    if (round > 0) rounds.push_back((thread_cpu_ns() - began) / 1000 / (commits * kCallsPerCommit));
  }
  if (succeeded != commits * kCallsPerCommit * (bench.rounds() + 1))
    return Error(ErrorCode::kInternal, "a call beside parked ones failed");
  return median(rounds);
}

}  // namespace

Status bench_parked(Bench& bench) {
  const kernel::KernelOptions options = bench_kernel_options();
  std::optional<double> without;
  for (const int count : {0, bench.quick ? 10'000 : bench.long_runs ? 1'000'000 : 100'000}) {
    const std::string folder = bench.scratch.sub("parked-" + std::to_string(count));
    log::SqliteLogOptions log_options;
    log_options.path = folder + "/journal";
    log_options.new_log_id = "bench";
    log_options.tables = journal::journal_tables();
    {
      LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<log::Log> filled, log::open_sqlite_log(log_options));
      LUMENFLOW_TRY(park(bench, *filled, count));
    }
    // Opened again, so that nothing of the filling is still on its way to the file.
    LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<log::Log> log, log::open_sqlite_log(log_options));
    journal::BlobStore blobs(bench.context.files, folder + "/blobs");
    ManualExecutor executor;
    const kernel::KernelPorts ports{*log, blobs, bench.context.clock, bench.context.random, executor};
    LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<kernel::Kernel> kernel, kernel::Kernel::open(ports, options));
    LUMENFLOW_TRY_ASSIGN(const double us, cpu_us_per_call(bench, *kernel));
    std::optional<Budget> budget;
    if (without) budget = ratio_at_most(1.1);
    bench.figures.push_back({"policy.call_beside_" + std::to_string(count) + "_parked", us, "us/call",
                             without ? "with none parked" : "", without, budget});
    if (!without) without = us;
  }
  return {};
}

}  // namespace lumenflow::cli
