#include "cli/bench_conductor.h"

#include <sqlite3.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/bench_memory.h"
#include "conductor/ingest.h"
#include "conductor/store.h"
#include "event/event.h"

namespace lumenflow::cli {
namespace {

constexpr std::size_t kIngestBatch = event::kBatchEventsMax;
constexpr int kBatches = 200;  // of one run
constexpr int kInFlight = 4;   // batches
constexpr std::uint64_t kGrownEvents = 500'000, kLongGrownEvents = 10'000'000, kQuickGrownEvents = 20'000;
constexpr int kTenths = 10;
constexpr std::string_view kWorkspace = "ws-bench", kLogId = "log-of-ws-bench";

// Envelopes as a workspace sends them: queue-class events of its stream, each following the one before.
class Sender {
 public:
  explicit Sender(Context& context) : context_(context) {}

  std::vector<std::string> next(std::size_t count) {
    std::vector<std::string> events(count);
    for (std::string& text : events) {
      event::BuildOptions options;
      options.timestamp = context_.clock.now();
      options.entropy = context_.random.draw16();
      const json::Object payload{{"note", std::string(120, 'n')}, {"n", seq_}};
      const auto built = event::build_kernel_event_v2("acme-demo:job_completed", payload, options);
      event::Stamp stamp;
      stamp.from = kWorkspace;
      stamp.stream = "sidecar";
      stamp.seq = ++seq_;
      stamp.queue_seq = seq_;
      stamp.emitted_at = options.timestamp;
      event::append_envelope(*built, stamp, text);
    }
    return events;
  }

 private:
  Context& context_;
  std::uint64_t seq_ = 0;
};

// A conductor's Log with what takes events in, its io thread this one.
class Receiver {
 public:
  Receiver(Context& context, std::unique_ptr<conductor::Store> store, int in_flight_max)
      : in_flight_max_(in_flight_max),
        store_(std::move(store)),
        ledger_(*store_->log, *store_->heads,
                [this](std::function<void()> work) {
                  const std::lock_guard lock(mutex_);
                  work_.push_back(std::move(work));
                  has_work_.notify_one();
                }),
        views_(ledger_, context.clock),
        ingest_(ledger_, views_, context.clock) {}
  ~Receiver() { store_->log->settle(); }

  Status begin() {
    LUMENFLOW_TRY(ingest_.begin(std::string(kWorkspace), std::string(kLogId), {}));
    acknowledge();
    return finish();
  }
  // One batch more, which is durable before so many others are behind it.
  Status take(const std::vector<std::string>& events) {
    const std::vector<std::string_view> views(events.begin(), events.end());
    LUMENFLOW_TRY_ASSIGN(const event::Intake intake,
                         ingest_.take(std::string(kWorkspace), {kLogId, "sidecar", place_, views}));
    if (intake.refused) return *intake.refused;
    if (intake.accepted != events.size()) return Error(ErrorCode::kInternal, "events were not taken");
    place_ = intake.place;
    acknowledge();
    return wait_below(in_flight_max_);
  }
  Status finish() { return wait_below(1); }

 private:
  void acknowledge() {
    ++in_flight_;
    ledger_.when_durable([this](const Status& status) {
      --in_flight_;
      if (!status.ok()) failed_ = status;
    });
  }
  // Does what is due on the io thread, and waits until fewer batches than that are on their way to the disk.
  Status wait_below(int batches) {
    std::unique_lock lock(mutex_);
    for (;;) {
      while (!work_.empty()) {
        const std::function<void()> work = std::move(work_.front());
        work_.pop_front();
        lock.unlock();
        work();
        lock.lock();
      }
      if (in_flight_ < batches) return failed_;
      has_work_.wait(lock, [this] { return !work_.empty(); });
    }
  }

  const int in_flight_max_;
  std::unique_ptr<conductor::Store> store_;
  std::mutex mutex_;
  std::condition_variable has_work_;
  std::deque<std::function<void()>> work_;
  conductor::Ledger ledger_;
  conductor::Views views_;
  conductor::Ingest ingest_;
  event::StreamPlace place_;
  int in_flight_ = 0;
  Status failed_;
};

Result<std::unique_ptr<Receiver>> new_receiver(Bench& bench, const std::string& name, int in_flight_max) {
  const std::string url = "sqlite:" + bench.scratch.sub(name) + "/conductor.db";
  LUMENFLOW_TRY_ASSIGN(auto store,
                       conductor::open_store(bench.context.files, bench.context.clock, bench.context.random, url));
  auto receiver = std::make_unique<Receiver>(bench.context, std::move(store), in_flight_max);
  LUMENFLOW_TRY(receiver->begin());
  return receiver;
}

// The limit: the same envelopes under a unique key, a transaction for each batch, and nothing else.
class BareInserts {
 public:
  static Result<std::unique_ptr<BareInserts>> open(const std::string& path) {
    std::unique_ptr<BareInserts> bare(new BareInserts());
    if (sqlite3_open(path.c_str(), &bare->db_) != SQLITE_OK) return bare->failed();
    const std::string pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=" +
                                std::to_string(kBenchWalPages) +
                                "; CREATE TABLE events(stream TEXT, seq INTEGER, body TEXT, PRIMARY KEY(stream, seq)) "
                                "WITHOUT ROWID";
    if (sqlite3_exec(bare->db_, pragmas.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return bare->failed();
    for (auto [statement, text] : {std::pair{&bare->begin_, "BEGIN IMMEDIATE"},
                                   {&bare->commit_, "COMMIT"},
                                   {&bare->insert_, "INSERT OR IGNORE INTO events VALUES(?1, ?2, ?3)"}})
      if (sqlite3_prepare_v2(bare->db_, text, -1, statement, nullptr) != SQLITE_OK) return bare->failed();
    return bare;
  }
  ~BareInserts() {
    for (sqlite3_stmt* statement : {begin_, commit_, insert_}) sqlite3_finalize(statement);
    sqlite3_close(db_);
  }
  Status take(const std::vector<std::string>& events) {
    constexpr std::string_view kStream = "ws-bench/log-of-ws-bench/sidecar";
    if (!step(begin_)) return failed();
    for (const std::string& text : events) {
      sqlite3_bind_text(insert_, 1, kStream.data(), static_cast<int>(kStream.size()), SQLITE_STATIC);
      sqlite3_bind_int64(insert_, 2, ++seq_);
      sqlite3_bind_text(insert_, 3, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
      if (!step(insert_)) return failed();
    }
    return step(commit_) ? Status() : Status(failed());
  }
  Status finish() { return {}; }

 private:
  BareInserts() = default;
  static bool step(sqlite3_stmt* statement) {
    return sqlite3_step(statement) == SQLITE_DONE && sqlite3_reset(statement) == SQLITE_OK;
  }
  Error failed() const { return Error(ErrorCode::kInternal, std::string("the limit: ") + sqlite3_errmsg(db_)); }

  sqlite3* db_ = nullptr;
  sqlite3_stmt *begin_ = nullptr, *commit_ = nullptr, *insert_ = nullptr;
  std::int64_t seq_ = 0;
};

double seconds_since(Bench& bench, std::chrono::nanoseconds began) {
  return std::chrono::duration<double>(bench.context.clock.monotonic() - began).count();
}

// Events per second; making them is not counted.
template <class Taker>
Result<double> rate_of(Bench& bench, Taker& taker, Sender& sender, int batches) {
  std::vector<std::vector<std::string>> made;
  for (int i = 0; i < batches; ++i) made.push_back(sender.next(kIngestBatch));
  const auto began = bench.context.clock.monotonic();
  for (const auto& batch : made) LUMENFLOW_TRY(taker.take(batch));
  LUMENFLOW_TRY(taker.finish());
  return static_cast<double>(kIngestBatch) * batches / seconds_since(bench, began);
}

// With several batches on their way, as an uplink sends them: the next is read while the last goes to the disk.
Status measure_ingest(Bench& bench) {
  std::vector<double> rates, single, limits;
  for (int round = 0; round < bench.rounds(); ++round) {
    const std::string name = "ingest-" + std::to_string(round);
    LUMENFLOW_TRY_ASSIGN(const auto bare, BareInserts::open(bench.scratch.sub(name + "-limit") + "/limit.db"));
    LUMENFLOW_TRY_ASSIGN(const auto receiver, new_receiver(bench, name, kInFlight));
    LUMENFLOW_TRY_ASSIGN(const auto one_by_one, new_receiver(bench, name + "-single", 1));
    Sender to_bare(bench.context), to_receiver(bench.context), to_one_by_one(bench.context);
    LUMENFLOW_TRY_ASSIGN(const double limit, rate_of(bench, *bare, to_bare, bench.operations(kBatches)));
    LUMENFLOW_TRY_ASSIGN(const double rate, rate_of(bench, *receiver, to_receiver, bench.operations(kBatches)));
    LUMENFLOW_TRY_ASSIGN(const double alone, rate_of(bench, *one_by_one, to_one_by_one, bench.operations(kBatches)));
    limits.push_back(limit);
    rates.push_back(rate);
    single.push_back(alone);
  }
  constexpr std::string_view kLimit = "unique inserts of the same batches";
  bench.figures.push_back(
      {"conductor.ingest", median(rates), "events/s", std::string(kLimit), median(limits), ratio_at_least(0.6)});
  bench.figures.push_back(
      {"conductor.ingest.one_by_one", median(single), "events/s", std::string(kLimit), median(limits), {}});
  return {};
}

Status measure_growth(Bench& bench) {
  const std::uint64_t count = bench.quick ? kQuickGrownEvents : bench.long_runs ? kLongGrownEvents : kGrownEvents;
  const std::uint64_t part = count / kTenths / kIngestBatch;  // batches
  LUMENFLOW_TRY_ASSIGN(const auto receiver, new_receiver(bench, "grown", kInFlight));
  Sender sender(bench.context);
  std::vector<double> rates;
  for (int i = 0; i < kTenths; ++i) {
    double seconds = 0;
    for (std::uint64_t done = 0; done < part;) {
      const int batches = static_cast<int>(std::min<std::uint64_t>(part - done, kBatches));
      LUMENFLOW_TRY_ASSIGN(const double rate, rate_of(bench, *receiver, sender, batches));
      seconds += static_cast<double>(kIngestBatch) * batches / rate;
      done += static_cast<std::uint64_t>(batches);
    }
    rates.push_back(static_cast<double>(part * kIngestBatch) / seconds);
  }
  bench.figures.push_back(
      {"conductor.ingest.stored", static_cast<double>(part * kIngestBatch * kTenths), "events", "", {}, {}});
  bench.figures.push_back(
      {"conductor.ingest.last_tenth", rates.back(), "events/s", "the first tenth", rates.front(), ratio_at_least(0.9)});
  bench.figures.push_back({"conductor.ingest.resident", resident_mb("self"), "MB", "", {}, {}});
  return {};
}

}  // namespace

Status bench_conductor(Bench& bench) {
  LUMENFLOW_TRY(measure_ingest(bench));
  LUMENFLOW_TRY(measure_growth(bench));
  return measure_idle_workspaces(bench);
}

}  // namespace lumenflow::cli
