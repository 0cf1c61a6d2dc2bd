// What runs beside the calls' own path: transactions in the middle of a call, timers, and the world outside.
#include <algorithm>
#include <utility>

#include "base/logging.h"
#include "journal/tables.h"
#include "kernel/kernel.h"
#include "kernel/taped_strand.h"
#include "pack/automations.h"

namespace lumenflow::kernel {
namespace {

const json::Value kNoConfig;
constexpr std::chrono::seconds kProbeInterval{1};

Result<std::optional<std::int64_t>> run_timer(const pack::RegisteredTimer& timer, TimerContext& context) {
  try {
    return timer.handler(context);
  } catch (const std::exception&) {
    return Error(ErrorCode::kInternal, "it threw");
  }
}

}  // namespace

ContextScope Kernel::scope_of(std::string_view pack_id, const pack::LoadedPack* pack, const pack::Registry& registry) {
  return {pack_id,
          pack == nullptr ? nullptr : &pack->manifest,
          pack == nullptr ? kNoConfig : pack->config,
          options_.workspace_root,
          registry,
          *this};
}

// --- any thread ---

Status Kernel::transact(HostState& state, const CallPtr& call, const Change& change, pack::Emitted* emitted) {
  const auto done = std::make_shared<std::promise<Status>>();
  std::future<Status> answer = done->get_future();
  enqueue(Transaction{&state, call, &change, emitted, done});
  return answer.get();
}

Status Kernel::check_fetch(const pack::HttpRequest& request) const {
  if (ports_.outbound == nullptr) return Error(ErrorCode::kScopeDenied, "this process reaches no other host");
  return ports_.outbound->check(request);
}

Result<pack::HttpResponse> Kernel::fetch(const pack::HttpRequest& request, Cancellation* cancelled) {
  if (ports_.outbound == nullptr) return Error(ErrorCode::kScopeDenied, "this process reaches no other host");
  return ports_.outbound->fetch(request, cancelled);
}

HostServices::ProgramEnds Kernel::run_programs(pack::HostedRun& run, const Programs& programs, std::size_t at_once) {
  if (ports_.programs == nullptr)
    return {programs.size(), Error(ErrorCode::kSandboxUnavailable, "this process runs no programs for packs")};
  return ports_.programs->run(options_.workspace_root, run, programs, at_once);
}

bool Kernel::notify_operator(std::string_view line) { return options_.on_notice && options_.on_notice(line); }

// --- the strand ---

// On the executor of the pack, where it has one: a pack that hangs holds up itself alone.
bool Kernel::post(const pack::LoadedPack* pack, std::uint64_t number, HostState* state, CallPtr call,
                  std::function<void()> task) {
  const bool has_own = pack != nullptr && pack->executor != nullptr;
  return taped_->hand_out(has_own ? *pack->executor : ports_.executor, number, state, std::move(call), std::move(task));
}

void Kernel::run_transaction(Transaction transaction) {
  if (transaction.call != nullptr && find_running(transaction.call->receipt) != transaction.call.get())
    return transaction.done->set_value(Error(ErrorCode::kToolCancelled, "the call has ended"));
  const std::size_t events_before = transaction.state->events.size();
  Status status = record_transaction(transaction);
  transaction.state->events.resize(events_before);
  if (status.ok() || batch_error_)
    open_.waiting.push_back([done = std::move(transaction.done)](const Status& ended) { done->set_value(ended); });
  else
    transaction.done->set_value(std::move(status));
}

// With what the batch says already.
Status Kernel::check_bus_room(const HostState& state, std::size_t from) const {
  for (std::size_t i = from; i < state.events.size(); ++i) {
    const PendingEvent& event = state.events[i];
    if (!event.kind.empty() || event.runtime_type.empty()) continue;
    const catalogue::EventType& type = *pack::find_event_type(*state.scope.manifest, event.runtime_type);
    const auto first = state.events.begin();
    const auto same = std::count_if(first + static_cast<std::ptrdiff_t>(from), first + static_cast<std::ptrdiff_t>(i),
                                    [&](const PendingEvent& one) { return one.runtime_type == type.type; });
    if (bell_.waiting(type.type) + static_cast<std::size_t>(same) >= type.capacity) return bus_is_full(type);
  }
  return {};
}

Status Kernel::record_transaction(Transaction& transaction) {
  HostState& state = *transaction.state;
  const std::size_t events_before = state.events.size();
  CallStore store(ports_.log.tables(), state.scope.pack_id);
  LUMENFLOW_TRY(taped_->run_change(transaction, store));
  const Timestamp now = ports_.clock.now();
  for (std::size_t i = events_before; i < state.events.size(); ++i)
    LUMENFLOW_TRY(emitter_.check_key(state.events[i], now));
  LUMENFLOW_TRY(check_bus_room(state, events_before));

  const auto record = [&]() -> Status {
    const Call no_call;
    const Call& cause = transaction.call == nullptr ? no_call : transaction.call->call;
    log::Row row;
    for (std::size_t i = events_before; i < state.events.size(); ++i) {
      LUMENFLOW_TRY(put_event(state.events[i], *state.scope.manifest, now, cause, row, transaction.emitted));
    }
    if (!row.entries.empty())
      if (Result<Position> at = append(std::move(row)); !at.ok()) return std::move(at).error();
    return apply_store_writes(state.scope.pack_id, store.writes());
  };
  Status status = record();
  if (!status.ok() && !batch_error_) batch_error_ = status.error();  // half of it may be in the batch
  return status;
}

// A journal that could not be written is tried again every second, so that whoever watches readiness sees it come back
// without a call having to be lost first.
void Kernel::probe_journal() {
  const std::chrono::nanoseconds now = ports_.clock.monotonic();
  if (journal_available_ || !in_flight_.empty() || !open_.empty() || now < next_probe_) return;
  next_probe_ = now + kProbeInterval;
  if (const log::Condition condition = ports_.log.condition(); condition.damaged || condition.read_only) return;
  const Status status = ports_.log.put(journal::kStoreTable, journal::store_key("kernel", "journal_probe"), "1");
  if (!status.ok() && !batch_error_) batch_error_ = status.error();
  open_.writes_more = true;
}

void Kernel::launch_due_timers() {
  if (draining_ || !journal_available_ || taped_->waits()) return;
  const Timestamp now = ports_.clock.now();
  for (const TimerPtr& timer : timers_.take_due(now)) {
    auto work = std::make_shared<TimerReturned>();  // shared: a task that is copied owns what it uses
    work->timer = timer;
    work->registry = options_.registry;
    work->pack = timer->pack;
    work->code = timer->timer;
    work->snapshot = std::make_unique<LazySnapshot>(ports_.log);
    work->context = std::make_unique<TimerContext>(scope_of(timer->pack->manifest.id, timer->pack, *options_.registry),
                                                   *work->snapshot, now, ports_.random.draw16());
    work->task = work->context->state().task = next_task_++;
    const bool taken = taped_->hand_out(ports_.executor, work->task, &work->context->state(), nullptr, [this, work] {
      work->next_ms =
          tape_.replays() ? taped_->replayed_timer(work->context->state()) : run_timer(*work->code, *work->context);
      work->snapshot->release();
      enqueue(std::move(*work));
    });
    if (!taken) timers_.returned(*timer, Error(ErrorCode::kRateLimited, "the executor's queue is full"), now);
  }
}

void Kernel::timer_returned(TimerReturned returned) {
  if (!returned.next_ms.ok() && !draining_)
    write_log(LogLevel::kWarn, "kernel", "a timer failed and will run again",
              {{"pack", returned.pack->manifest.id},
               {"timer", returned.code->name},
               {"reason", returned.next_ms.error().message()}});
  take_wishes(returned.context->state());
  timers_.returned(*returned.timer, returned.next_ms, ports_.clock.now());
}

void Kernel::take_wishes(HostState& state) {
  for (const auto& [timer, at_ms] : state.wakes) timers_.wake(state.scope.pack_id, timer, Timestamp{at_ms});
  if (!state.watched) return;
  open_.writes_more = true;
  const Status watched =
      subscriptions_.watch(std::string(state.scope.pack_id), *std::exchange(state.watched, std::nullopt), ports_.log);
  if (!watched.ok() && !batch_error_) batch_error_ = watched.error();
}

}  // namespace lumenflow::kernel
