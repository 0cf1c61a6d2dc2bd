#include "cli/bench_retention.h"

#include <atomic>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/ulid.h"
#include "cli/bench_pack.h"
#include "journal/entry.h"
#include "journal/retain.h"
#include "journal/tables.h"
#include "kernel/kernel.h"
#include "log/pipelined_log.h"
#include "log/sqlite_log.h"

namespace lumenflow::cli {
namespace {

constexpr int kRowsPerCommit = 1'000;
constexpr double kBodies = 10'000;  // that a figure is of

class Bell {
 public:
  void ring() {
    const std::lock_guard lock(mutex_);
    rung_ = true;
    rang_.notify_one();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    rang_.wait(lock, [this] { return rung_; });
    rung_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable rang_;
  bool rung_ = false;
};

// A kernel over a journal on the disk, its strand on this thread, with old calls in it.
class OldCalls {
 public:
  explicit OldCalls(Bench& bench)
      : bench_(bench), folder_(bench.scratch.sub("retention")), blobs_(bench.context.files, folder_ + "/blobs") {
    auto credential = std::make_shared<kernel::Credential>();  // shared by every call, as a connection's is
    credential->subject = Subject("bench:local:bench");
    credential->scopes = {"workspace"};
    credential_ = std::move(credential);
  }

  Status open(int rows) {
    log::SqliteLogOptions options;
    options.path = folder_ + "/journal";
    options.new_log_id = "bench";
    options.tables = journal::journal_tables();
    {
      LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<log::Log> filled, log::open_sqlite_log(options));
      LUMENFLOW_TRY(fill(*filled, rows));
    }
    LUMENFLOW_TRY_ASSIGN(std::unique_ptr<log::Log> log, log::open_sqlite_log(options));
    log_ = log::make_pipelined_log(std::move(log));
    kernel::KernelOptions kernel_options = bench_kernel_options();
    kernel_options.doorbell = [this] { bell_.ring(); };
    const kernel::KernelPorts ports{*log_, blobs_, bench_.context.clock, bench_.context.random, executor_};
    LUMENFLOW_TRY_ASSIGN(kernel_, kernel::Kernel::open(ports, kernel_options));
    return {};
  }

  // How long each of some calls took, one after the other, in us.
  Result<std::vector<double>> calls(int count, const std::atomic<bool>* until = nullptr) {
    std::vector<double> took;
    for (int i = 0; until == nullptr ? i < count : !*until; ++i) {
      kernel::Call call;
      call.tool = kOneCommitTool;
      call.input = *json::parse(bench_input());
      call.credential = credential_;
      bool done = false;
      const auto began = bench_.context.clock.monotonic();
      LUMENFLOW_TRY(kernel_->submit(std::move(call), [&done](const kernel::CallResult&) { done = true; }));
      while (!done) {
        bell_.wait();
        kernel_->run_pending();
      }
      took.push_back(std::chrono::duration<double, std::micro>(bench_.context.clock.monotonic() - began).count());
    }
    return took;
  }

  // On another thread than the strand's; `paced`: as a sidecar does it.
  Result<journal::RetainReport> retain(Timestamp before, bool paced) {
    auto began = bench_.context.clock.monotonic();
    const journal::RetainPorts ports{
        *log_,
        blobs_,
        key_,
        [this](std::function<Status(log::Log&)> change) {
          std::promise<Status> done;
          kernel_->change_journal(std::move(change), [&done](const Status& status) { done.set_value(status); });
          return done.get_future().get();
        },
        [&] {
          const auto took = bench_.context.clock.monotonic() - began;
          if (paced) std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(3 * took, kPauseMax));
          began = bench_.context.clock.monotonic();
          return true;
        },
        [] { return Result<std::unique_ptr<FileLock>>(nullptr); }};
    return journal::retain(ports, {before, before}, bench_.context.clock.now());
  }
  // Until another thread is done.
  void serve(const std::atomic<bool>& until) {
    while (!until) {
      bell_.wait();
      kernel_->run_pending();
    }
  }
  void ring() { bell_.ring(); }

 private:
  static constexpr std::chrono::milliseconds kPauseMax{100};

  Status fill(log::Log& log, int rows) {
    const Timestamp then = bench_.context.clock.now() - std::chrono::hours(48);
    const std::string output = R"({"data":{"text":")" + std::string(200, 'o') + R"("},"success":true})";
    for (int i = 0; i < rows; ++i) {
      const std::string receipt = "rcpt-" + make_ulid(then, bench_.context.random.draw16()).str();
      journal::CallRequested requested;
      requested.receipt = receipt, requested.ts = then;
      requested.subject = "bench:local:bench", requested.tool = kOneCommitTool;
      requested.input_hash = sha256(bench_input());
      journal::CallFinished finished;
      finished.receipt = receipt, finished.ts = then, finished.output_hash = sha256(output);
      log::Row row{{journal::encode(requested), journal::encode(finished)}, {}};
      LUMENFLOW_TRY_ASSIGN(row.body, journal::encode_body({std::string(bench_input()), output}, blobs_));
      LUMENFLOW_TRY_ASSIGN(const Position at, log.append(std::move(row)));
      LUMENFLOW_TRY(log.put(journal::kCallsTable, *journal::call_key(ReceiptId(receipt)),
                            journal::encode(journal::CallPlaces{at, at})));
      if ((i + 1) % kRowsPerCommit == 0 || i + 1 == rows) LUMENFLOW_TRY(log.commit());
    }
    return {};
  }

  Bench& bench_;
  const std::string folder_;
  journal::BlobStore blobs_;
  ManualExecutor executor_;
  const Ed25519KeyPair key_ = generate_ed25519();
  std::shared_ptr<const kernel::Credential> credential_;
  Bell bell_;
  std::unique_ptr<log::Log> log_;
  std::unique_ptr<kernel::Kernel> kernel_;
};

// A run on a thread of its own, while the strand does `meanwhile`.
template <class Meanwhile>
Result<journal::RetainReport> run_beside(OldCalls& strand, Timestamp before, bool paced, Meanwhile meanwhile) {
  Result<journal::RetainReport> report(journal::RetainReport{});
  std::atomic<bool> done = false;
  std::thread thread([&] {
    report = strand.retain(before, paced);
    done = true;
    strand.ring();
  });
  meanwhile(done);
  thread.join();
  return report;
}

}  // namespace

Status bench_retention(Bench& bench) {
  const Timestamp before = bench.context.clock.now() - std::chrono::hours(24);
  double alone_ms = 0;
  {
    OldCalls strand(bench);
    LUMENFLOW_TRY(strand.open(bench.operations(20'000)));
    const auto began = bench.context.clock.monotonic();
    LUMENFLOW_TRY_ASSIGN(const journal::RetainReport report,
                         run_beside(strand, before, false, [&](const std::atomic<bool>& done) { strand.serve(done); }));
    alone_ms = std::chrono::duration<double, std::milli>(bench.context.clock.monotonic() - began).count() * kBodies /
               static_cast<double>(report.bodies);
  }
  OldCalls strand(bench);
  LUMENFLOW_TRY(strand.open(bench.operations(20'000)));
  LUMENFLOW_TRY_ASSIGN(const std::vector<double> idle, strand.calls(bench.operations(2'000)));
  Result<std::vector<double>> beside(std::vector<double>{});
  LUMENFLOW_TRY_ASSIGN(const journal::RetainReport report,
                       run_beside(strand, before, true, [&](const std::atomic<bool>& done) {
                         beside = strand.calls(0, &done);
                         strand.serve(done);
                       }));
  LUMENFLOW_TRY(beside);
  if (report.bodies == 0) return Error(ErrorCode::kInternal, "nothing was old");
  bench.figures.push_back({"retention.10000_bodies", alone_ms, "ms", "", {}, {}});
  for (const auto& [name, share] : {std::pair("p50", 0.5), std::pair("p99", 0.99)})
    bench.figures.push_back({std::string("retention.call_beside_it_") + name, percentile(*beside, share), "us/call",
                             "with none", percentile(idle, share), ratio_at_most(2)});
  return {};
}

}  // namespace lumenflow::cli
