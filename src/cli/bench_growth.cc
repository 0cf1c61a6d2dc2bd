// What grows with use: a kernel over a SQLite journal makes calls that each carry an idempotency key of their own, and
// is measured at some sizes on the way. Nothing is written but by calls, three entries each.
#include <algorithm>
#include <iterator>

#include "base/check.h"
#include "cli/bench_cpu.h"
#include "cli/bench_groups.h"
#include "cli/bench_memory.h"
#include "cli/bench_pack.h"
#include "journal/tables.h"
#include "kernel/kernel.h"
#include "log/sqlite_log.h"

namespace lumenflow::cli {
namespace {

constexpr std::uint64_t kSizes[] = {0, 20'000, 60'000};
constexpr std::uint64_t kLongSizes[] = {0, 1'000'000, 3'000'000};
constexpr int kBatch = 32;  // calls a commit, while measured
constexpr int kFillingBatch = 1'000;
constexpr int kMeasuredBatches = 100;
constexpr int kOpens = 5;

double ms_since(const Clock& clock, std::chrono::nanoseconds began) {
  return std::chrono::duration<double, std::milli>(clock.monotonic() - began).count();
}

class GrowingJournal {
 public:
  GrowingJournal(Bench& bench, const std::string& root)
      : context_(bench.context), path_(root + "/journal"), blobs_(bench.context.files, root + "/blobs") {
    pack::RegistryBuilder builder;
    builder.add_builtin(bench_pack());
    options_.config.id = WorkspaceId("bench");
    options_.config.allowed_scopes = {
        *pack::parse_scope(json::Object{{"type", "path"}, {"pattern", "**"}, {"access", "write"}})};
    options_.registry = builder.build();
    options_.redaction_key = std::string(32, 'k');
    auto credential = std::make_shared<kernel::Credential>();
    credential->subject = Subject("bench:local:bench");
    credential->scopes = {"workspace"};
    credential_ = std::move(credential);
  }

  // How long the Log took, and how long the kernel over it, in ms.
  Result<std::pair<double, double>> open() {
    kernel_.reset();
    log_.reset();
    auto began = context_.clock.monotonic();
    log::SqliteLogOptions options;
    options.path = path_;
    options.new_log_id = "bench";
    options.tables = journal::journal_tables();
    LUMENFLOW_TRY_ASSIGN(log_, log::open_sqlite_log(options));
    const double log_ms = ms_since(context_.clock, began);
    began = context_.clock.monotonic();
    const kernel::KernelPorts ports{*log_, blobs_, context_.clock, context_.random, executor_};
    LUMENFLOW_TRY_ASSIGN(kernel_, kernel::Kernel::open(ports, options_));
    return std::pair(log_ms, ms_since(context_.clock, began));
  }

  Status make_calls(int count, bool keyed) {
    for (int i = 0; i < count; ++i) {
      kernel::Call call;
      call.tool = kOneCommitTool;
      call.input = *json::parse(bench_input());
      call.credential = credential_;
      if (keyed) call.idempotency_key = "key-" + std::to_string(keyed_++);
      LUMENFLOW_TRY(kernel_->submit(std::move(call), [this](const kernel::CallResult& result) {
        succeeded_ += result.outcome == journal::Outcome::kSuccess && !result.replayed;
      }));
    }
    made_ += static_cast<std::uint64_t>(count);
    kernel_->run_pending();
    if (succeeded_ != made_) return Error(ErrorCode::kInternal, "a call failed");
    return {};
  }
  std::uint64_t keyed() const { return keyed_; }
  const log::Log& log() const { return *log_; }

 private:
  Context& context_;
  const std::string path_;
  journal::BlobStore blobs_;
  ManualExecutor executor_;
  kernel::KernelOptions options_;
  std::shared_ptr<const kernel::Credential> credential_;  // shared by every call, as a connection's is
  std::unique_ptr<log::Log> log_;
  std::unique_ptr<kernel::Kernel> kernel_;
  std::uint64_t keyed_ = 0, made_ = 0, succeeded_ = 0;
};

struct Cost {
  double rate = 0;    // calls/s
  double cpu_us = 0;  // per call
};

Result<Cost> measure_calls(Bench& bench, GrowingJournal& journal, bool keyed) {
  std::vector<double> rates, cpu;
  for (int round = 0; round <= kBenchRounds; ++round) {
    const auto began = bench.context.clock.monotonic();
    const double cpu_began = thread_cpu_ns();
    for (int i = 0; i < kMeasuredBatches; ++i) LUMENFLOW_TRY(journal.make_calls(kBatch, keyed));
    if (round == 0) continue;
    rates.push_back(kMeasuredBatches * kBatch * 1000 / ms_since(bench.context.clock, began));
    cpu.push_back((thread_cpu_ns() - cpu_began) / 1000 / (kMeasuredBatches * kBatch));
  }
  return Cost{median(rates), median(cpu)};
}

Status measure_at(Bench& bench, GrowingJournal& journal, std::uint64_t size, Cost (&empty)[2]) {
  const std::string name = "growth.at_" + std::to_string(size) + "_keyed_calls.";
  std::vector<double> log_ms, kernel_ms;
  for (int i = 0; i < kOpens; ++i) {
    LUMENFLOW_TRY_ASSIGN(const auto opened, journal.open());
    log_ms.push_back(opened.first);
    kernel_ms.push_back(opened.second);
  }
  bench.figures.push_back({name + "log_open", median(log_ms), "ms", "", {}, value_at_most(15)});
  bench.figures.push_back({name + "kernel_open", median(kernel_ms), "ms", "", {}, {}});
  for (const bool keyed : {false, true}) {
    LUMENFLOW_TRY_ASSIGN(const Cost cost, measure_calls(bench, journal, keyed));
    if (size == 0) empty[keyed] = cost;
    const std::string kind = keyed ? "keyed" : "plain";
    bench.figures.push_back({name + kind + ".rate", cost.rate, "calls/s", "when empty", empty[keyed].rate,
                             ratio_at_least(keyed ? 0.8 : 0.9)});
    bench.figures.push_back({name + kind + ".cpu", cost.cpu_us, "us/call", "when empty", empty[keyed].cpu_us, {}});
  }
  bench.figures.push_back({name + "resident", resident_mb("self"), "MB", "", {}, value_at_most(60)});
  bench.figures.push_back({name + "entries", static_cast<double>(journal.log().head().size), "", "", {}, {}});
  bench.figures.push_back({name + "disk", static_cast<double>(journal.log().size_bytes()) / 1e6, "MB", "", {}, {}});
  return {};
}

}  // namespace

Status bench_growth(Bench& bench) {
  GrowingJournal journal(bench, bench.scratch.sub("growth"));
  Cost empty[2];
  for (std::size_t i = 0; i < std::size(kSizes); ++i) {
    const std::uint64_t size = bench.long_runs ? kLongSizes[i] : kSizes[i];
    while (journal.keyed() < size) LUMENFLOW_TRY(journal.make_calls(kFillingBatch, true));
    LUMENFLOW_TRY(measure_at(bench, journal, size, empty));
  }
  return {};
}

}  // namespace lumenflow::cli
