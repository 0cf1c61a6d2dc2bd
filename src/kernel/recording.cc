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
#include "kernel/taped_strand.h"

namespace lumenflow::kernel {
namespace {

constexpr std::chrono::seconds kRestWithin{10};

}  // namespace

json::Array never_captured() {
  return {"what tools did outside the journal: files, processes, hosts; their answers are captured",
          "the code of packs: it does not run again",
          "values at writeOnly positions and what looks like a credential: as the journal shows them"};
}

json::Array catalogue_in_header(const catalogue::Catalogue& catalogue) {
  json::Array types;
  for (const catalogue::EventType& type : catalogue.events)
    types.push_back(json::Object{{"type", type.type},
                                 {"version", type.version},
                                 {"pack", type.pack_slug},
                                 {"schema", type.schema == nullptr ? json::Value() : *type.schema}});
  return types;
}

void TapedStrand::record(RecordingRequest request) {
  if (kernel_.tape_.live() || waiting_ || kernel_.draining_)
    return request.begun(Error(ErrorCode::kConflict, kernel_.draining_ ? "the workspace is being closed"
                                                                       : "this workspace is being recorded already"));
  waiting_ = std::move(request);
  waits_until_ = kernel_.ports_.clock.monotonic() + kRestWithin;
  if (kernel_.options_.doorbell) kernel_.options_.doorbell();
}

void TapedStrand::stop(const std::string& reason, std::vector<std::string> not_captured) {
  for (std::string& lost : kernel_.bell_.lost()) not_captured.push_back(std::move(lost));
  kernel_.tape_.stop(reason, std::move(not_captured));
  kernel_.bell_.watch(nullptr);
}

// Nothing of the kernel's is in memory alone.
bool TapedStrand::quiet() const {
  return kernel_.running_.empty() && kernel_.in_flight_.empty() && kernel_.open_.empty() &&
         kernel_.unrecorded_.empty() && kernel_.refusal_counts_.empty() && !kernel_.batch_error_ &&
         kernel_.journal_available_ && !kernel_.timers_.any_running() && !kernel_.subscriptions_.any_running() &&
         kernel_.commands_->idle();
}

// New calls wait: else a workspace that is busy would never come to rest. What calls make within calls goes on.
std::vector<Entering> TapedStrand::hold_back(std::vector<Entering> batch) {
  std::vector<Entering> on;
  for (Entering& entering : batch) {
    const auto* call = std::get_if<CallArrived>(&entering.item);
    const bool waits = call != nullptr && call->call.outer == nullptr && entering.own == 0;
    (waits ? held_back_ : on).push_back(std::move(entering));
  }
  return on;
}

void TapedStrand::begin_if_due() {
  const bool over = kernel_.ports_.clock.monotonic() >= waits_until_ || kernel_.draining_;
  bool rests = quiet();
  if (rests) {
    const std::lock_guard lock(kernel_.ingress_mutex_);
    rests = std::ranges::none_of(kernel_.ingress_, [](const Entering& entering) { return entering.own != 0; });
  }
  if (!rests && !over) return;
  const RecordingRequest request = *std::exchange(waiting_, std::nullopt);
  Status begun = Error(ErrorCode::kConflict, "the workspace did not come to rest: calls or handlers go on running");
  if (rests) {
    Result<FrameTaker*> taker = request.begin(start_of_recording());
    begun = taker.ok() ? Status() : taker.error();
    if (taker.ok()) {
      kernel_.tape_.record_to(**taker);
      reloaded_ = request.reloaded;
      kernel_.bell_.watch(&kernel_.tape_.events());
      begun = begin_tape();
      if (!begun.ok()) stop("it could not begin: " + begun.error().message());
    }
  }
  {
    const std::lock_guard lock(kernel_.ingress_mutex_);
    kernel_.ingress_.insert(kernel_.ingress_.begin(), std::make_move_iterator(held_back_.begin()),
                            std::make_move_iterator(held_back_.end()));
    held_back_.clear();
  }
  if (kernel_.options_.doorbell) kernel_.options_.doorbell();
  request.begun(begun);
}

// Everything that does not follow from the journal as it does when a workspace is opened. On tape, in both directions.
Status TapedStrand::begin_tape() {
  first_task_ = kernel_.next_task_;
  kernel_.rate_limiter_ =
      RateLimiter(kernel_.options_.config.limits.rate_per_second, kernel_.options_.config.limits.rate_burst);
  kernel_.timers_ = Timers(*kernel_.options_.registry, kernel_.ports_.clock.now());
  kernel_.subscriptions_ = Subscriptions(kernel_.options_.registry, workspace_automations(kernel_.options_.config));
  kernel_.store_versions_.clear();
  kernel_.durable_store_versions_.clear();
  kernel_.undurable_results_.clear();
  kernel_.bell_.rebind(*kernel_.options_.registry);
  LUMENFLOW_TRY(kernel_.load());
  return kernel_.commands_->begin();
}

// Short, and of every part: a checkpoint that differs says that something does, and the frames say what.
std::string TapedStrand::state_of_strand() const {
  std::string sum;
  const auto add = [&sum](std::uint64_t value) { sum.append(std::to_string(value)).push_back(' '); };
  add(kernel_.next_batch_);
  add(kernel_.ports_.log.next_position().value());
  add(kernel_.emitter_.head().seq);
  add(kernel_.emitter_.head().queue_seq);
  add(kernel_.outbox_.events());
  add(kernel_.outbox_.bytes());
  add(kernel_.inbound_.at().position);
  add(kernel_.in_flight_.size());
  add(kernel_.next_task_);
  for (const auto& [receipt, call] : kernel_.running_.all()) sum.append(receipt).push_back(' ');
  for (const Subscriptions::Backlog& backlog : kernel_.subscriptions_.backlogs())
    sum.append(backlog.pack_id + "/" + backlog.stream + "/" + std::to_string(backlog.waiting)).push_back(' ');
  return sum;
}

json::Object TapedStrand::start_of_recording() const {
  json::Array packs;
  for (const auto& pack : kernel_.options_.registry->packs()) {
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
  const catalogue::Catalogue& catalogue = kernel_.bell_.catalogue();
  return {{"format", "lumenflow-recording/1"},
          {"version", kernel_.options_.version},
          {"workspace_id", kernel_.options_.config.id.str()},
          {"config", kernel_.options_.config.text},
          {"config_hash", kernel_.options_.config.hash},
          {"started_at", format_rfc3339(kernel_.ports_.clock.now())},
          {"log_id", kernel_.ports_.log.head().log_id},
          {"next_position", kernel_.ports_.log.next_position().value()},
          {"next_tick", kernel_.next_batch_},
          {"next_task", kernel_.next_task_},
          {"next_own", kernel_.next_own_},
          {"tampered_as", kernel_.tampered_as_ ? json::Value(*kernel_.tampered_as_) : json::Value()},
          {"operator_public_pem", kernel_.options_.operator_public_pem},
          {"catalogue", catalogue_in_header(catalogue)},
          {"manifest_hash", catalogue.hash},
          {"contract_digest", catalogue.contract_digest},
          {"packs", std::move(packs)},
          {"never_captured", never_captured()}};
}

// A replay keeps what would run, and runs it where the tape says that it came back.
bool TapedStrand::hand_out(Executor& executor, std::uint64_t number, HostState* state, CallPtr call,
                           std::function<void()> task) {
  if (kernel_.tape_.replaying()) {
    if (kernel_.tape_.comes(bus::FactKind::kPostRefused))
      return kernel_.tape_.expect(bus::FactKind::kPostRefused), false;
    tasks_[number] = {std::move(task), state, std::move(call)};
    return true;
  }
  const bool taken = kernel_.work_.post(executor, std::move(task));
  if (!taken && kernel_.tape_.recording()) kernel_.tape_.fact(bus::FactKind::kPostRefused);
  return taken;
}

// What a change does to the journal, and not how it comes to it.
Status TapedStrand::foreign_change(const std::function<Status()>& change) {
  if (kernel_.tape_.replaying()) return kernel_.log_.replay_change();
  kernel_.tape_.foreign_change = true;
  Status status = change();
  kernel_.tape_.foreign_change = false;
  if (kernel_.tape_.recording()) write_status(kernel_.tape_.fact(bus::FactKind::kChanged), status);
  return status;
}

}  // namespace lumenflow::kernel
