// From when on the kernel is on tape, and what it says of itself there.
//
// A recording begins where nothing is under way: then all that the kernel keeps follows from the journal, and it is
// read from there once more, which is the beginning of the tape.
#include "kernel/recording.h"

#include <algorithm>
#include <utility>

#include "journal/tables.h"
#include "kernel/automate.h"
#include "kernel/commands.h"
#include "kernel/kernel.h"

namespace lumenflow::kernel {
namespace {

constexpr std::chrono::seconds kRestWithin{10};

}  // namespace

json::Array never_captured() {
  return {"what tools did outside the journal: files, processes, hosts; their answers are captured",
          "the code of packs: it does not run again",
          "values at writeOnly positions and what looks like a credential: as the journal shows them"};
}

void Kernel::record(RecordingRequest request) {
  if (tape_.live() || recording_ || draining_)
    return request.begun(Error(ErrorCode::kConflict, draining_ ? "the workspace is being closed"
                                                               : "this workspace is being recorded already"));
  recording_ = std::move(request);
  recording_until_ = ports_.clock.monotonic() + kRestWithin;
  if (options_.doorbell) options_.doorbell();
}

void Kernel::stop_recording(const std::string& reason) {
  tape_.stop(reason);
  bell_.watch(false);
}

// Nothing of the kernel's is in memory alone.
bool Kernel::quiet() const {
  return running_.empty() && in_flight_.empty() && open_.empty() && unrecorded_.empty() && refusal_counts_.empty() &&
         !batch_error_ && journal_available_ && !timers_.any_running() && !subscriptions_.any_running() &&
         commands_->idle();
}

// New calls wait: else a workspace that is busy would never come to rest. What calls make within calls goes on.
std::vector<Entering> Kernel::hold_back(std::vector<Entering> batch) {
  std::vector<Entering> on;
  for (Entering& entering : batch) {
    const auto* call = std::get_if<CallArrived>(&entering.item);
    const bool waits = call != nullptr && call->call.outer == nullptr && entering.own == 0;
    (waits ? held_back_ : on).push_back(std::move(entering));
  }
  return on;
}

void Kernel::begin_recording_if_due() {
  const bool over = ports_.clock.monotonic() >= recording_until_ || draining_;
  bool rests = quiet();
  if (rests) {
    const std::lock_guard lock(ingress_mutex_);
    rests = std::ranges::none_of(ingress_, [](const Entering& entering) { return entering.own != 0; });
  }
  if (!rests && !over) return;
  const RecordingRequest request = *std::exchange(recording_, std::nullopt);
  Status begun = Error(ErrorCode::kConflict, "the workspace did not come to rest: calls or handlers go on running");
  if (rests) {
    Result<FrameTaker*> taker = request.begin(recording_start());
    begun = taker.ok() ? Status() : taker.error();
    if (taker.ok()) {
      tape_.record_to(**taker);
      bell_.watch(true);
      begun = begin_tape();
      if (!begun.ok()) stop_recording("it could not begin: " + begun.error().message());
    }
  }
  {
    const std::lock_guard lock(ingress_mutex_);
    ingress_.insert(ingress_.begin(), std::make_move_iterator(held_back_.begin()),
                    std::make_move_iterator(held_back_.end()));
    held_back_.clear();
  }
  if (options_.doorbell) options_.doorbell();
  request.begun(begun);
}

// Everything that does not follow from the journal as it does when a workspace is opened. On tape, in both directions.
Status Kernel::begin_tape() {
  first_task_ = next_task_;
  rate_limiter_ = RateLimiter(options_.config.limits.rate_per_second, options_.config.limits.rate_burst);
  timers_ = Timers(*options_.registry, ports_.clock.now());
  subscriptions_ = Subscriptions(options_.registry, workspace_automations(options_.config));
  store_versions_.clear();
  durable_store_versions_.clear();
  undurable_results_.clear();
  bell_.rebind(*options_.registry);
  LUMENFLOW_TRY(load());
  return commands_->begin();
}

// Short, and of every part: a checkpoint that differs says that something does, and the frames say what.
std::string Kernel::state_of_strand() const {
  std::string sum;
  const auto add = [&sum](std::uint64_t value) { sum.append(std::to_string(value)).push_back(' '); };
  add(next_batch_);
  add(ports_.log.next_position().value());
  add(emitter_.head().seq);
  add(emitter_.head().queue_seq);
  add(outbox_.events());
  add(outbox_.bytes());
  add(inbound_.at().position);
  add(in_flight_.size());
  add(next_task_);
  for (const auto& [receipt, call] : running_.all()) sum.append(receipt).push_back(' ');
  for (const Subscriptions::Backlog& backlog : subscriptions_.backlogs())
    sum.append(backlog.pack_id + "/" + backlog.stream + "/" + std::to_string(backlog.waiting)).push_back(' ');
  return sum;
}

json::Object Kernel::recording_start() const {
  json::Array packs, types;
  for (const auto& pack : options_.registry->packs()) {
    json::Array handlers;
    for (const pack::RegisteredHandler& handler : pack->handlers)
      handlers.push_back(json::Object{{"kind", handler.kind},
                                      {"idempotent", handler.traits.idempotent},
                                      {"replay_key", static_cast<bool>(handler.replay_key)}});
    packs.push_back(json::Object{{"id", pack->manifest.id},
                                 {"integrity", pack->origin.integrity},
                                 {"isolation", pack->isolation},
                                 {"handlers", std::move(handlers)}});
  }
  const catalogue::Catalogue& catalogue = bell_.catalogue();
  for (const catalogue::EventType& type : catalogue.events)
    types.push_back(json::Object{{"type", type.type},
                                 {"version", type.version},
                                 {"pack", type.pack_slug},
                                 {"schema", type.schema == nullptr ? json::Value() : *type.schema}});
  return {{"format", "lumenflow-recording/1"},
          {"version", options_.version},
          {"workspace_id", options_.config.id.str()},
          {"config", options_.config.text},
          {"config_hash", options_.config.hash},
          {"started_at", format_rfc3339(ports_.clock.now())},
          {"log_id", ports_.log.head().log_id},
          {"next_position", ports_.log.next_position().value()},
          {"next_tick", next_batch_},
          {"next_task", next_task_},
          {"next_own", next_own_},
          {"tampered_as", tampered_as_ ? json::Value(*tampered_as_) : json::Value()},
          {"operator_public_pem", options_.operator_public_pem},
          {"catalogue", std::move(types)},
          {"manifest_hash", catalogue.hash},
          {"contract_digest", catalogue.contract_digest},
          {"packs", std::move(packs)},
          {"never_captured", never_captured()}};
}

// A replay keeps what would run, and runs it where the tape says that it came back.
bool Kernel::hand_out(Executor& executor, std::uint64_t number, HostState* state, CallPtr call,
                      std::function<void()> task) {
  if (tape_.replaying()) {
    if (tape_.comes(bus::FactKind::kPostRefused)) return tape_.expect(bus::FactKind::kPostRefused), false;
    replayed_tasks_[number] = {std::move(task), state, std::move(call)};
    return true;
  }
  const bool taken = work_.post(executor, std::move(task));
  if (!taken && tape_.recording()) tape_.fact(bus::FactKind::kPostRefused);
  return taken;
}

// What a change does to the journal, and not how it comes to it.
Status Kernel::foreign_change(const std::function<Status()>& change) {
  if (tape_.replaying()) return log_.replay_change();
  tape_.foreign_change = true;
  Status status = change();
  tape_.foreign_change = false;
  if (tape_.recording()) write_status(tape_.fact(bus::FactKind::kChanged), status);
  return status;
}

}  // namespace lumenflow::kernel
