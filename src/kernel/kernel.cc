#include "kernel/kernel.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "base/logging.h"
#include "journal/retention.h"
#include "journal/tables.h"
#include "kernel/accepted.h"
#include "kernel/automate.h"
#include "kernel/commands.h"
#include "kernel/taped_strand.h"

namespace lumenflow::kernel {
namespace {

constexpr std::string_view kWorkspaceIdKey = "workspace_id";
constexpr std::size_t kIngressMax = 65'536;
constexpr std::int64_t kSecondMs = 1'000;
constexpr std::uint64_t kCursorLagMax = 4'096;  // entries that a restart looks at again, at most, for a pack
constexpr std::string_view kRanUnrecorded =
    "the journal cannot be written: the tool ran, and what became of it is recorded under its receipt once it can be";
constexpr std::chrono::milliseconds kTimerWaitMin{1};
constexpr std::chrono::milliseconds kTimerWaitMax{60'000};

}  // namespace

Kernel::Kernel(const KernelPorts& ports, KernelOptions options)
    : clock_(tape_, ports.clock),
      random_(tape_, ports.random),
      log_(tape_, ports.log),
      ports_{log_, ports.blobs, clock_, random_, ports.executor, ports.outbound, ports.programs},
      options_(std::move(options)),
      reader_(ports_.log, ports_.blobs),
      emitter_(ports_.log, ports_.random, options_.config.id.str(), options_.config.idempotency_window,
               [this](const event::Event& event, std::uint64_t seq, const Call& cause) {
                 subscriptions_.emitted(event.kind);
                 bell_.emitted({event, kSidecarStream, seq}, cause.traceparent);
               }),
      idempotency_(ports_.log, options_.config.idempotency_window),
      outbox_(ports_.log, {options_.config.uplink_limits.outbox_events, options_.config.uplink_limits.outbox_bytes}),
      approvals_(ports_.log),
      inbound_(ports_.log, options_.config.id.str()),
      rate_limiter_(options_.config.limits.rate_per_second, options_.config.limits.rate_burst),
      tasks_(ports_.log),
      timers_(*options_.registry, ports_.clock.now()),
      subscriptions_(options_.registry, workspace_automations(options_.config)),
      bell_(*options_.registry),
      replays_(ports_.log, {journal::kReplayKeysTable, journal::kReplayKeyIndexTable}) {
  for (const KernelTool& tool : options_.kernel_tools) kernel_tools_.emplace(tool.tool.descriptor.name, &tool);
  grants_ = std::make_unique<const Grants>(options_.config, *options_.registry);
  commands_ = std::make_unique<Commands>(*this);
  automator_ = std::make_unique<Automator>(*this);
  taped_ = std::make_unique<TapedStrand>(*this);
  bell_.call_automations([this](const Bell::Heard& heard) { automator_->hear(heard); });
}

Kernel::~Kernel() {
  ports_.log.settle();  // what it handed over calls back into it
  end_work();
}

// What runs on executors would outlive the kernel: it is told to stop, and whatever it waits for is over.
void Kernel::end_work() {
  const Error gone(ErrorCode::kToolCancelled, "the workspace was closed");
  {
    const std::lock_guard lock(ingress_mutex_);
    closing_ = true;
    for (Entering& entering : ingress_)
      if (auto* transaction = std::get_if<Transaction>(&entering.item)) transaction->done->set_value(gone);
    ingress_.clear();
  }
  for (const Batch& batch : in_flight_)
    for (const auto& done : batch.waiting) done(gone);
  for (const auto& done : open_.waiting) done(gone);
  const auto forget = [](const CallPtr& call) {  // nobody is left to be answered but a pack that waits
    if (call->call.outer != nullptr) call->completions.clear();
  };
  for (const Batch& batch : in_flight_)
    for (const Answer& answer : batch.answers) forget(answer.call);
  for (const Answer& answer : open_.answers) forget(answer.call);
  for (const auto& [receipt, call] : running_.all()) {
    forget(call);
    if (call->cancelled) call->cancelled->ask();
  }
  subscriptions_.cancel_running();
  work_.close();
}

Result<std::unique_ptr<Kernel>> Kernel::open(const KernelPorts& ports, KernelOptions options) {
  std::unique_ptr<Kernel> kernel(new Kernel(ports, std::move(options)));
  const Status loaded = kernel->load();
  const log::Condition condition = ports.log.condition();
  if (condition.damaged || condition.read_only) {  // then what could be loaded serves those who only read
    kernel->journal_available_ = false;
    return kernel;
  }
  LUMENFLOW_TRY(loaded);
  LUMENFLOW_TRY(kernel->check_workspace_id());
  LUMENFLOW_TRY(kernel->switch_outbox());
  LUMENFLOW_TRY(journal::begin_retention(ports.log));  // before the first body
  LUMENFLOW_TRY(kernel->close_crashed_calls());
  const journal::WorkspaceChanged opened{"opened", ports.clock.now(), kernel->options_.config.hash,
                                         kernel->options_.version};
  if (Result<Position> at = ports.log.append({{journal::encode(opened)}, {}}); !at.ok()) return std::move(at).error();
  LUMENFLOW_TRY(kernel->check_accepted_config());
  LUMENFLOW_TRY(kernel->check_operator_key());
  LUMENFLOW_TRY(kernel->begin_incarnation());
  LUMENFLOW_TRY(kernel->note_tools(true));
  LUMENFLOW_TRY(kernel->say_refusals(nullptr));
  LUMENFLOW_TRY(kernel->emitter_.flush());
  LUMENFLOW_TRY(kernel->outbox_.flush());
  LUMENFLOW_TRY(ports.log.commit());
  LUMENFLOW_TRY(kernel->commands_->load());
  LUMENFLOW_TRY(kernel->subscriptions_.load(ports.log));  // once what the crash left unsaid is in the journal
  if (!(kernel->timers_.empty() && kernel->subscriptions_.empty()) && kernel->options_.doorbell)
    kernel->options_.doorbell();
  return kernel;
}

Status Kernel::load() {
  LUMENFLOW_TRY(
      orders_.load(ports_.log.tables()));  // first: a damaged journal is still read, and by nobody whom it shut out
  LUMENFLOW_TRY(load_operator_key());
  LUMENFLOW_TRY(emitter_.load());
  LUMENFLOW_TRY(replays_.load());
  LUMENFLOW_TRY(outbox_.load());
  LUMENFLOW_TRY(approvals_.load());
  LUMENFLOW_TRY(tasks_.load());
  LUMENFLOW_TRY(inbound_.load());
  note_outbox_room();
  LUMENFLOW_TRY(idempotency_.load());
  return subscriptions_.load(ports_.log);
}

// A journal is of one workspace: its events say so, and tokens, subjects and receipts lean on it.
Status Kernel::check_workspace_id() {
  const std::string key = journal::store_key("kernel", kWorkspaceIdKey);
  const std::string& id = options_.config.id.str();
  LUMENFLOW_TRY_ASSIGN(const auto written, ports_.log.tables().get(journal::kStoreTable, key));
  if (!written) return ports_.log.put(journal::kStoreTable, key, id);
  if (*written == id) return {};
  return Error(ErrorCode::kInvalidConfiguration,
               "the journal is of the workspace '" + *written + "', and lumenflow.yaml says 'id: " + id +
                   "'; write 'id: " + *written + "', or begin another workspace in a folder of its own");
}

// In production what was accepted last counts until a reload with the operator key accepts another.
Status Kernel::check_accepted_config() {
  LUMENFLOW_TRY_ASSIGN(const auto before, accepted_config(ports_.log.tables()));
  if (before && before->hash == options_.config.hash) return {};
  if (before && before->production)
    return Error(ErrorCode::kSpecTampered, "this is not the lumenflow.yaml that was accepted last");
  LUMENFLOW_TRY(accept_config(ports_.log, options_.config));
  if (!before) return {};
  return say("workspace_updated", json::Object{{"config_hash", options_.config.hash},
                                               {"changes_summary", "lumenflow.yaml changed while nothing ran"}});
}

// --- ingress: any thread ---

// What the strand makes itself a replay makes again; how a batch ended is always from outside.
void Kernel::enqueue(Ingress item) {
  const bool own = tape_.on_strand() && !std::holds_alternative<BatchEnded>(item);
  if (tape_.replays()) {
    if (own)
      taped_->keep_own(next_own_++, std::move(item));
    else
      taped_->keep_return(std::move(item));
    return;
  }
  enter({std::move(item), own ? next_own_++ : 0});
}

void Kernel::enter(Entering entering) {
  bool was_empty = false;
  {
    const std::lock_guard lock(ingress_mutex_);
    if (auto* transaction = std::get_if<Transaction>(&entering.item); transaction != nullptr && closing_)
      return transaction->done->set_value(Error(ErrorCode::kToolCancelled, "the workspace was closed"));
    was_empty = ingress_.empty() && !closing_;
    ingress_.push_back(std::move(entering));
  }
  if (was_empty && options_.doorbell) options_.doorbell();
}

Status Kernel::submit(Call call, Completion done) {
  if (!is_valid_utf8(call.tool) || !is_valid_utf8(call.idempotency_key))
    return Error(ErrorCode::kInvalidRequest,
                 "a tool's name and an idempotency key are UTF-8 text; these bytes are not");
  bool was_empty = false;
  {
    const std::lock_guard lock(ingress_mutex_);
    if (ingress_.size() >= kIngressMax) return Error(ErrorCode::kRateLimited, "the kernel's queue is full");
    was_empty = ingress_.empty();
    ingress_.push_back({CallArrived{std::move(call), std::move(done)}, 0});
  }
  if (was_empty && options_.doorbell) options_.doorbell();
  return {};
}

void Kernel::cancel(ReceiptId receipt, Subject by, std::function<void(const Status&)> done) {
  enqueue(CancelAsked{std::move(receipt), std::move(by), std::move(done)});
}

void Kernel::drain(std::function<void()> idle) { enqueue(DrainAsked{std::move(idle)}); }
void Kernel::record(RecordingRequest request) { taped_->record(std::move(request)); }
void Kernel::stop_recording(const std::string& reason) { taped_->stop(reason); }

// --- the batch: the strand ---

void Kernel::run_pending() {
  const Tape::OnStrand strand(tape_);
  std::vector<Entering> batch;
  if (tape_.replaying()) {
    batch = taped_->replayed_items();
  } else {
    {
      const std::lock_guard lock(ingress_mutex_);
      batch.swap(ingress_);
    }
    if (taped_->waits()) batch = taped_->hold_back(std::move(batch));
    if (tape_.recording()) taped_->write_items(batch);
  }
  std::vector<Ending> overdue = std::exchange(unrecorded_, {});
  for (Ending& ending : overdue) {
    if (Status status = record(ending); !status.ok() && !batch_error_) batch_error_ = std::move(status).error();
    open_.endings_of_effects.push_back(std::move(ending));
  }
  if (options_.look_at_configuration && std::ranges::any_of(batch, [](const Entering& entering) {
        return std::holds_alternative<CallArrived>(entering.item);
      }))
    options_.look_at_configuration();
  while (tape_.replaying() && tape_.comes(bus::FactKind::kConfiguration)) taped_->replay_configuration();
  for (Entering& entering : batch) handle(std::move(entering.item));
  end_overdue_calls();
  expire_approvals();
  const auto counted = [now = ports_.clock.now().ms](const auto& item) {
    return item.second.second.ms + kSecondMs <= now;
  };
  if (draining_ ? !refusal_counts_.empty() : std::ranges::any_of(refusal_counts_, counted)) append_refusal_counts();
  probe_journal();
  commands_->run();
  automator_->run();
  deliver();
  commit_batch();
  launch_due_timers();
  finish_draining();
  const bool more = subscriptions_.has_due(ports_.clock.monotonic()) || subscriptions_.has_reads();
  if (more && !draining_ && journal_available_ && !taped_->waits() && options_.doorbell) options_.doorbell();
  if (taped_->waits()) taped_->begin_if_due();
}

void Kernel::handle(Ingress item) {
  if (auto* arrived = std::get_if<CallArrived>(&item)) {
    dispatch(std::move(*arrived));
  } else if (auto* done = std::get_if<ToolReturned>(&item)) {
    returned(std::move(*done));
  } else if (auto* asked = std::get_if<CancelAsked>(&item)) {
    CallEnd end{.stage = 9,
                .outcome = journal::Outcome::kCancelled,
                .code = ErrorCode::kToolCancelled,
                .tool_code = {},
                .decided_by = "cancelled by " + asked->by.str(),
                .message = "the call was cancelled",
                .details = {}};
    bool ended_now = true;
    if (const CallPtr call = running_.find(asked->receipt))
      end_call(call, std::move(end));
    else
      ended_now = cancel_parked(asked->receipt, end);
    if (!asked->done) return;
    if (ended_now)
      open_.waiting.push_back(std::move(asked->done));
    else
      asked->done({});
  } else if (auto* draining = std::get_if<DrainAsked>(&item)) {
    draining_ = true;
    when_idle_.push_back(std::move(draining->idle));
  } else if (auto* batch = std::get_if<BatchEnded>(&item)) {
    ended(*batch);
  } else if (auto* transaction = std::get_if<Transaction>(&item)) {
    run_transaction(std::move(*transaction));
  } else if (auto* timer = std::get_if<TimerReturned>(&item)) {
    timer_returned(std::move(*timer));
  } else if (auto* read = std::get_if<EventsRead>(&item)) {
    subscriptions_.read(std::move(read->read));
  } else if (auto* made = std::get_if<ReplayKeyMade>(&item)) {
    replay_key_made(std::move(*made));
  } else if (auto* handled = std::get_if<HandlerReturned>(&item)) {
    handler_returned(std::move(*handled));
  } else if (auto* change = std::get_if<OutboxChange>(&item)) {
    run_outbox_change(std::move(*change));
  } else if (auto* housekeeping = std::get_if<JournalChange>(&item)) {
    run_journal_change(std::move(*housekeeping));
  } else if (auto* received = std::get_if<EventsReceived>(&item)) {
    events_received(std::move(*received));
  } else if (std::holds_alternative<CommandsDue>(item)) {
    commands_->look();
  } else if (const auto* told = std::get_if<Summarised>(&item)) {
    summarised(*told);
  }
}

void Kernel::end_overdue_calls() {
  while (const CallPtr call = running_.overdue(ports_.clock.monotonic()))
    end_call(call, {.stage = 9,
                    .outcome = journal::Outcome::kTimeout,
                    .code = ErrorCode::kToolTimeout,
                    .tool_code = {},
                    .decided_by = "timeout_ms",
                    .message = "the tool did not answer within its deadline",
                    .details = {}});
}

void Kernel::commit_batch() {
  if (open_.empty() && !batch_error_) return;
  Status status;
  if (batch_error_) status = *std::exchange(batch_error_, std::nullopt);
  if (status.ok()) status = emitter_.flush();
  if (status.ok()) status = outbox_.flush();
  if (status.ok() && !open_.answers.empty()) status = idempotency_.expire(ports_.clock.now());
  if (status.ok()) status = move_handler_cursors(kCursorLagMax);
  if (!status.ok()) return open_batch_failed(status.error());

  const std::uint64_t number = open_.number = next_batch_++;
  open_.end = Position(ports_.log.next_position().value() - 1);
  open_.rings = bell_.take();
  subscriptions_.sealed(open_.end);
  std::optional<Status> done = ports_.log.commit_soon([this, number](const Status& ended) {
    enqueue(BatchEnded{number, ended});
  });
  if (done && !done->ok()) return open_batch_failed(done->error());
  in_flight_.push_back(std::exchange(open_, {}));
  if (done) ended({number, {}});
}

// Batches become durable in order, so this one brings those before it; and a failure takes along all after it.
void Kernel::ended(const BatchEnded& batch) {
  if (batch.status.ok()) {
    while (!in_flight_.empty() && in_flight_.front().number <= batch.number) {
      Batch durable = std::move(in_flight_.front());
      in_flight_.pop_front();
      make_visible(std::move(durable));
    }
    return;
  }
  if (in_flight_.empty() || in_flight_.back().number < batch.number) return;  // failed with one before it
  for (Batch& failed : std::exchange(in_flight_, {})) undo(std::move(failed), batch.status.error());
  if (!batch_error_) batch_error_ = batch.status.error();  // the open one was built on what is gone
}

void Kernel::make_visible(Batch batch) {
  ++counters_.commits;
  journal_available_ = true;
  subscriptions_.durable(batch.end);
  for (auto& [pack, version] : batch.store_versions) durable_store_versions_[pack] = version;
  for (const auto& done : batch.waiting) done({});
  for (const Answer& answer : batch.answers) {
    if (answer.call->idempotency_hash) undurable_results_.erase(answer.call->receipt.str());
    ++counters_.calls_by_outcome[std::string(journal::name(answer.result.outcome))];
    notices_.say_finished(*answer.call, answer.result);
    for (const Completion& done : answer.call->completions) done(answer.result);
    answer.call->watches.clear();
  }
  for (const std::shared_ptr<RunningCall>& call : batch.launches) launch(call);
  if (batch.rings.empty() && !tape_.live()) return;
  const Timestamp now = ports_.clock.now();
  bell_.ring(batch.number, std::move(batch.rings), now);
  if (tape_.live()) tape_.cut(batch.number, now, [this] { return taped_->state_of_strand(); });
  if (!tape_.live()) bell_.watch(nullptr);  // the recorder took no more
}

// Fail-stop: nothing of the batch happened. State goes back to what the journal holds; only the ends of calls whose
// effects are out in the world are kept, to be recorded when the journal is back.
void Kernel::open_batch_failed(const Error& error) {
  bell_.forget();
  ports_.log.rollback();
  if (Status status = load(); !status.ok())
    write_log(LogLevel::kError, "kernel", "state could not be reloaded", {{"reason", status.error().message()}});
  undo(std::exchange(open_, {}), error);
}

void Kernel::undo(Batch batch, const Error& error) {
  ++counters_.commits_failed;
  if (journal_available_)
    write_log(LogLevel::kError, "kernel", "the journal cannot be written", {{"reason", error.message()}});
  journal_available_ = false;
  for (Ending& ending : batch.endings_of_effects) unrecorded_.push_back(std::move(ending));

  const ErrorCode code =
      error.code() == ErrorCode::kJournalDamaged ? ErrorCode::kJournalDamaged : ErrorCode::kJournalUnavailable;
  const auto answer_unavailable = [&](const RunningCall& call) {
    CallResult result{call.receipt, journal::Outcome::kFailure, code, {}, false};
    const bool ran =
        std::ranges::any_of(unrecorded_, [&call](const Ending& ending) { return ending.call.get() == &call; });
    const std::string_view message = ran ? kRanUnrecorded : info(code).meaning;
    const json::Object body{{"success", false},
                            {"error", json::Object{{"code", name(code)}, {"message", std::string(message)}}},
                            {"metadata", json::Object{{"receipt_id", call.receipt.str()}, {"duration_ms", 0}}}};
    result.body = json::serialize(body);
    for (const Completion& done : call.completions) done(result);
  };
  for (const auto& done : batch.waiting) done(Error(code, std::string(info(code).meaning)));
  for (const Answer& answer : batch.answers) {
    undurable_results_.erase(answer.call->receipt.str());
    answer_unavailable(*answer.call);
  }
  for (const std::shared_ptr<RunningCall>& call : batch.launches) {
    release(call);
    answer_unavailable(*call);
  }
  for (Ending& ending : unrecorded_) {
    ending.call->completions.clear();
    ending.call->watches.clear();
  }
}

void Kernel::append_refusal_counts() {
  log::Row row;
  for (const auto& [key, refused] : refusal_counts_) row.entries.push_back(journal::encode(refused));
  if (Result<Position> at = ports_.log.append(row); !at.ok()) {
    if (!batch_error_) batch_error_ = std::move(at).error();
    return;
  }
  open_.writes_more = true;
  refusal_counts_.clear();
}

void Kernel::finish_draining() {
  if (!draining_ || when_idle_.empty()) return;
  if (!running_.empty() || timers_.any_running() || subscriptions_.any_running() || !in_flight_.empty()) return;
  if (journal_available_ && unrecorded_.empty()) {
    const journal::WorkspaceChanged drained{"drained", ports_.clock.now(), options_.config.hash, options_.version};
    Status status;
    if (Result<Position> at = ports_.log.append({{journal::encode(drained)}, {}}); !at.ok())
      status = std::move(at).error();
    if (status.ok()) status = move_handler_cursors(1);
    if (status.ok()) status = ports_.log.commit();
    if (!status.ok()) ports_.log.rollback();
  }
  for (const std::function<void()>& idle : std::exchange(when_idle_, {})) idle();
}

std::optional<std::chrono::nanoseconds> Kernel::next_deadline() const {
  std::optional<std::chrono::nanoseconds> next = running_.next_deadline();
  for (const std::optional<Timestamp>& moment : {timers_.next(), approvals_.next_expiry()}) {
    if (!moment || draining_) continue;
    // Wall time may be set while we wait, so that a far moment is looked at again before.
    const std::chrono::nanoseconds wait =
        std::clamp<std::chrono::nanoseconds>(*moment - ports_.clock.now(), kTimerWaitMin, kTimerWaitMax);
    next = next ? std::min(*next, ports_.clock.monotonic() + wait) : ports_.clock.monotonic() + wait;
  }
  for (const auto& retry : {subscriptions_.next_retry(), commands_->next_retry()})
    if (retry && !draining_ && journal_available_) next = next ? std::min(*next, *retry) : *retry;
  if (!refusal_counts_.empty() || !unrecorded_.empty() || !journal_available_) {
    const std::chrono::nanoseconds second = ports_.clock.monotonic() + std::chrono::seconds(1);
    next = next ? std::min(*next, second) : second;
  }
  if (taped_->waits()) next = next ? std::min(*next, taped_->waits_until()) : taped_->waits_until();
  return next;
}

// Calls that have ended and are not answered yet: as many as a commit holds, and asked for rarely.
RunningCall* Kernel::find_unanswered(const ReceiptId& receipt) const {
  if (const CallPtr call = running_.find(receipt)) return call.get();
  for (const Batch& batch : in_flight_)
    for (const Answer& answer : batch.answers)
      if (answer.call->receipt == receipt) return answer.call.get();
  return nullptr;
}

const RunningCall* Kernel::find_running(const ReceiptId& receipt) const { return find_unanswered(receipt); }

std::vector<ReceiptId> Kernel::running_receipts() const {
  std::vector<ReceiptId> receipts;
  for (const auto& [receipt, call] : running_.all()) receipts.emplace_back(receipt);
  return receipts;
}

bool Kernel::also_notify(const ReceiptId& receipt, Completion done) {
  RunningCall* const call = find_unanswered(receipt);
  if (call == nullptr) return false;
  call->completions.push_back(std::move(done));
  return true;
}

bool Kernel::callable(const pack::ActiveTool& tool, const Credential& credential) const {
  if (tool.descriptor.internal_only || draining_ || tampered_as_) return false;
  if (operator_key_replaced_ && options_.config.production) return false;
  if (!holds_scope(credential, tool.descriptor.scope, tool.pack == nullptr ? "kernel" : tool.pack->manifest.id))
    return false;
  if (!orders_.stops_nothing() &&
      !orders_.stopping(tool.descriptor.name, credential.subject.str(), credential.on_behalf_of).empty())
    return false;
  return grants_->may_pass(tool, credential.subject.str(), tasks_);
}

}  // namespace lumenflow::kernel
