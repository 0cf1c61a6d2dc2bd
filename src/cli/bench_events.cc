// Events from the tool that emits them to the handlers and to the local inbox, in the workspace as the sidecar composes
// it: rates beside what the same bytes cost in bare commits, and a backlog's first tenth beside its last.
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "cli/bench_groups.h"
#include "cli/bench_memory.h"
#include "sidecar/uplink_host.h"
#include "sidecar/workspace.h"

namespace lumenflow::cli {
namespace {

constexpr std::uint64_t kBacklog = 50'000, kQuickBacklog = 5'000, kLongBacklog = 1'000'000;
constexpr int kDeliveries = 10'000;
constexpr std::size_t kCallers = 32;  // calls on their way at any time
constexpr int kParts = 10;
constexpr double kOpenBudgetMs = 200;
constexpr std::chrono::seconds kPatience{600};

constexpr std::string_view kEventsManifest = R"(
id: bench-events
version: 1.0.0
runtime: {type: builtin}
emitted_event_kinds: ["bench-events:queued", "bench-events:on_strand", "bench-events:on_executor"]
backpressure_policy: {"bench-events:queued": queue, "bench-events:on_strand": queue, "bench-events:on_executor": queue}
subscribed_event_kinds: ["bench-events:on_strand", "bench-events:on_executor"]
tools:
  - name: bench-events:emit
    permission: write
    required_scopes: [{type: path, pattern: 'bench/**', access: write}]
    input_schema: {type: object, properties: {kind: {type: string}}}
)";

json::Value payload() {
  return json::Object{{"note", std::string(160, 'n')}, {"evidence_refs", json::Array{"file:report.md"}}};
}

Status handle(pack::HandlerContext& context, const pack::Event& event) {
  return context.store().put("last", event.event_id);
}

void register_pack(pack::Registration& registration) {
  registration.tool("bench-events:emit", {.store_only = true, .bounded = true},
                    [](pack::ToolContext& context, const json::Value& input) -> pack::ToolResult {
                      const Status status = context.emit(json::string_or(input, "kind", ""), payload(), {});
                      if (!status.ok()) return pack::ToolError{"FAILED", status.error().message(), {}};
                      return pack::ToolOutput{json::Object{}, {}};
                    });
  registration.handler("bench-events:on_strand", {.idempotent = true, .store_only = true, .bounded = true}, handle);
  registration.handler("bench-events:on_executor", {.idempotent = true, .store_only = true, .bounded = false}, handle);
}

const pack::BuiltinPack& events_pack() {
  static const pack::BuiltinPack pack{"bench-events", {{"manifest.yaml", kEventsManifest}}, register_pack};
  return pack;
}

// A workspace whose strand is this thread: whoever waits for something runs it.
class EventsBench {
 public:
  EventsBench(Context& context, std::string root) : context_(context), root_(std::move(root)) {
    auto credential = std::make_shared<kernel::Credential>();
    credential->subject = Subject("bench:local:bench");
    credential->scopes = {"workspace"};
    credential_ = std::move(credential);
  }

  Status init() {
    LUMENFLOW_TRY(sidecar::init_workspace(context_.files, root_,
                                          {.id = "bench", .production = false, .operator_passphrase = {}}));
    return context_.files.write_atomic(sidecar::WorkspacePaths(root_).config,
                                       "id: bench\npacks: [{id: bench-events}]\nuplink: loopback\nlimits: {rate: "
                                       "{per_second: 1000000, burst: 1000000}}\n");
  }
  // How long it took, in ms.
  Result<double> open() {
    uplink_.reset();
    workspace_.reset();
    const auto began = context_.clock.monotonic();
    const sidecar::WorkspacePorts ports{context_.files, context_.clock, context_.random, executor_};
    LUMENFLOW_TRY_ASSIGN(workspace_, sidecar::Workspace::open(ports, root_, {&events_pack()}, [this] { ring(); }));
    return ms_since(began);
  }
  Result<double> start_uplink() {
    const auto began = context_.clock.monotonic();
    LUMENFLOW_TRY_ASSIGN(uplink_, sidecar::UplinkHost::start(*workspace_));
    return ms_since(began);
  }
  void stop_uplink() {
    std::thread stopping([this] {
      uplink_->stop();
      stopped_ = true;
      ring();
    });
    (void)run_until([this] { return stopped_.load(); });
    stopping.join();
  }

  // So many calls that each emit one event; how long it took, in seconds.
  Result<double> emit(std::string_view kind, std::uint64_t count) {
    const auto began = context_.clock.monotonic();
    std::uint64_t submitted = 0, ended = 0, failed = 0;
    const auto submit = [&] {
      for (; submitted < count && submitted - ended < kCallers; ++submitted) {
        kernel::Call call;
        call.tool = "bench-events:emit";
        call.input = json::Object{{"kind", kind}};
        call.credential = credential_;
        const Status taken = workspace_->kernel().submit(std::move(call), [&](const kernel::CallResult& result) {
          ++ended;
          failed += result.outcome == journal::Outcome::kSuccess ? 0 : 1;
        });
        if (!taken.ok()) ++ended, ++failed;
      }
    };
    submit();
    LUMENFLOW_TRY(run_until([&] {
      submit();
      return ended == count;
    }));
    if (failed > 0) return Error(ErrorCode::kInternal, std::to_string(failed) + " calls failed");
    return ms_since(began) / 1000;
  }
  // Runs the strand until it is so.
  template <class Condition>
  Status run_until(const Condition& condition) {
    const auto give_up = context_.clock.monotonic() + kPatience;
    while (!condition()) {
      if (context_.clock.monotonic() > give_up) return Error(ErrorCode::kInternal, "the bench never came to its end");
      std::unique_lock lock(mutex_);
      rang_.wait_for(lock, std::chrono::milliseconds(20), [this] { return rung_; });
      rung_ = false;
      lock.unlock();
      workspace_->kernel().run_pending();
    }
    return {};
  }

  kernel::Kernel& kernel() { return workspace_->kernel(); }
  log::Log& log() { return workspace_->log(); }
  std::uint64_t pending() { return workspace_->kernel().outbox().events(); }
  std::uint64_t applied() {
    const auto& outcomes = workspace_->kernel().counters().deliveries_by_outcome;
    const auto found = outcomes.find("applied");
    return found == outcomes.end() ? 0 : found->second;
  }
  std::uint64_t batches() const { return uplink_->status().value_or(uplink::UplinkStatus()).engine.batches_sent; }
  double ms_since(std::chrono::nanoseconds began) const {
    return std::chrono::duration<double, std::milli>(context_.clock.monotonic() - began).count();
  }

 private:
  void ring() {
    const std::lock_guard lock(mutex_);
    rung_ = true;
    rang_.notify_one();
  }

  Context& context_;
  const std::string root_;
  std::mutex mutex_;
  std::condition_variable rang_;
  bool rung_ = false;
  std::atomic<bool> stopped_ = false;
  ThreadPoolExecutor executor_{2, 4096};
  std::shared_ptr<const kernel::Credential> credential_;  // shared by every call, as a connection's is
  std::unique_ptr<sidecar::Workspace> workspace_;
  std::unique_ptr<sidecar::UplinkHost> uplink_;
};

// What a part's rate was in the first and in the last tenth.
struct Tenths {
  std::vector<double> rates;
  void add(Bench& bench, const std::string& name) const {
    bench.figures.push_back({name + ".last_tenth", rates.back(), "events/s", "the tenth before the middle",
                             rates[kParts / 2 - 1], ratio_at_least(0.9)});
    bench.figures.push_back(
        {name + ".first_tenth", rates.front(), "events/s", "the tenth before the middle", rates[kParts / 2 - 1], {}});
  }
};

double rate_of_commits(Bench& bench, int callers, CallBytes bytes) {
  const auto limit = bench.limits.commit(callers, 1, bytes, bench.run_seconds());
  return limit ? limit->rate : 0;
}

void add(Bench& bench, const std::string& name, double value, const std::string& limit_name, double limit,
         std::optional<Budget> budget) {
  const bool known = limit > 0;
  bench.figures.push_back(
      {name, value, "events/s", known ? limit_name : "", known ? std::optional(limit) : std::nullopt, budget});
}

std::size_t bytes_of_rows(const log::Log& log, Position after, std::size_t rows_max) {
  const auto rows = log.read(after, rows_max);
  std::size_t bytes = 0;
  if (!rows.ok() || rows->empty()) return 0;
  for (const log::StoredRow& row : *rows)
    for (const std::string& entry : row.entries) bytes += entry.size() + 35;  // with its leaf and size
  return bytes / rows->size();
}

Status measure_backlog(Bench& bench, EventsBench& events, std::uint64_t count) {
  const std::uint64_t part = count / kParts;
  Tenths appended;
  double seconds = 0;
  for (int i = 0; i < kParts; ++i) {
    LUMENFLOW_TRY_ASSIGN(const double took, events.emit("bench-events:queued", part));
    appended.rates.push_back(static_cast<double>(part) / took);
    seconds += took;
  }
  const std::size_t row = bytes_of_rows(events.log(), Position(events.log().head().size - 400), 400);
  add(bench, "events.emit_32", static_cast<double>(count) / seconds, "commit_limit of the same bytes, 32 callers",
      rate_of_commits(bench, kCallers, {row, 0}), {});
  appended.add(bench, "events.emit");
  bench.figures.push_back({"events.backlog", static_cast<double>(events.pending()), "events", "", {}, {}});
  bench.figures.push_back({"events.backlog.resident", resident_mb("self"), "MB", "", {}, value_at_most(60)});
  LUMENFLOW_TRY_ASSIGN(const double open_ms, events.open());
  bench.figures.push_back({"events.backlog.open", open_ms, "ms", "", {}, value_at_most(kOpenBudgetMs)});
  return {};
}

Status measure_drain(Bench& bench, EventsBench& events, std::uint64_t count) {
  LUMENFLOW_TRY_ASSIGN(const double start_ms, events.start_uplink());
  bench.figures.push_back({"events.backlog.uplink_start", start_ms, "ms", "", {}, value_at_most(kOpenBudgetMs)});
  const std::uint64_t begun_with = events.pending(), part = count / kParts;
  const auto began = bench.context.clock.monotonic();
  Tenths drained;
  auto last = began;
  for (int i = 1; i <= kParts; ++i) {
    const std::uint64_t goal = begun_with - std::min(begun_with, part * static_cast<std::uint64_t>(i));
    LUMENFLOW_TRY(events.run_until([&] { return events.pending() <= goal; }));
    const auto now = bench.context.clock.monotonic();
    drained.rates.push_back(static_cast<double>(part) / std::chrono::duration<double>(now - last).count());
    last = now;
  }
  const double rate = static_cast<double>(count) / std::chrono::duration<double>(last - began).count();
  const std::uint64_t batch = count / std::max<std::uint64_t>(1, events.batches());
  const std::size_t entry = bytes_of_rows(events.log(), Position(events.log().head().size - 400), 400) / 3;
  add(bench, "events.drain_to_inbox", rate, "commit_limit of the same batches, 1 caller",
      rate_of_commits(bench, 1, {entry * batch, 0}) * static_cast<double>(batch), {});
  drained.add(bench, "events.drain");
  bench.figures.push_back({"events.drain.resident", resident_mb("self"), "MB", "", {}, value_at_most(60)});
  events.stop_uplink();
  return {};
}

// The handlers are what is measured: the events are all there before the first of them runs … as far as that can be.
Status measure_handler(Bench& bench, EventsBench& events, const std::string& where, std::size_t per_commit) {
  const int count = bench.operations(kDeliveries);
  const std::uint64_t before = events.applied();
  const auto began = bench.context.clock.monotonic();
  LUMENFLOW_TRY_ASSIGN(const double emitting, events.emit("bench-events:" + where, static_cast<std::uint64_t>(count)));
  (void)emitting;
  LUMENFLOW_TRY(events.run_until([&] { return events.applied() >= before + static_cast<std::uint64_t>(count); }));
  const double seconds = events.ms_since(began) / 1000;
  const std::size_t row = bytes_of_rows(events.log(), Position(events.log().head().size - 200), 200);
  add(bench, "events.emit_and_handle_" + where, count / seconds,
      per_commit == 1 ? "commit_limit of a delivery's bytes, 1 caller"
                      : "commit_limit of a delivery's bytes, 32 callers",
      rate_of_commits(bench, per_commit == 1 ? 1 : static_cast<int>(kCallers), {row, 0}), {});
  return {};
}

}  // namespace

Status bench_events(Bench& bench) {
  EventsBench events(bench.context, bench.scratch.sub("events"));
  LUMENFLOW_TRY(events.init());
  LUMENFLOW_TRY(events.open());
  const std::uint64_t count = bench.long_runs ? kLongBacklog : bench.quick ? kQuickBacklog : kBacklog;
  LUMENFLOW_TRY(measure_backlog(bench, events, count));
  LUMENFLOW_TRY(measure_drain(bench, events, count));
  LUMENFLOW_TRY(measure_handler(bench, events, "on_strand", kCallers));
  return measure_handler(bench, events, "on_executor", 1);
}

}  // namespace lumenflow::cli
