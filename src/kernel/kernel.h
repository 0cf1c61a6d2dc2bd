// The kernel: the one path every call takes, on one strand (03-dispatch).
//
// All state belongs to the strand. submit() and cancel() may be called from any thread: they put an item on the ingress
// queue and ring the doorbell; whoever owns the strand then calls run_pending() on it, which handles what is queued as
// one batch and hands it to the journal. What the batch decided is answered and launched once it is durable: at once,
// or when the journal says so, which comes through the same queue. Everything else is called on the strand. The same
// ingress, clock and random readings give the same journal bytes.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/rate_limiter.h"
#include "base/time.h"
#include "base/work_gate.h"
#include "journal/approvals.h"
#include "journal/body.h"
#include "journal/key_window.h"
#include "journal/reader.h"
#include "kernel/batch.h"
#include "kernel/bell.h"
#include "kernel/call.h"
#include "kernel/call_context.h"
#include "kernel/call_notices.h"
#include "kernel/config.h"
#include "kernel/counters.h"
#include "kernel/emitter.h"
#include "kernel/grants.h"
#include "kernel/host_services.h"
#include "kernel/idempotency.h"
#include "kernel/ingress.h"
#include "kernel/kernel_options.h"
#include "kernel/kernel_tool.h"
#include "kernel/recording.h"
#include "kernel/reload.h"
#include "kernel/running_call.h"
#include "kernel/running_calls.h"
#include "kernel/sessions.h"
#include "kernel/standing_orders.h"
#include "kernel/subscriptions.h"
#include "kernel/tape.h"
#include "kernel/taped_ports.h"
#include "kernel/tasks.h"
#include "kernel/timers.h"
#include "log/log.h"
#include "lumenflow/result.h"
#include "pack/registry.h"

namespace lumenflow::kernel {

class Automator;
class Commands;
class TapedStrand;
struct ApprovalTerms;
struct CleanupReport;
enum class TaskChange : std::uint8_t;

class Kernel final : private HostServices {
 public:
  // Loads what the journal holds, closes the calls of a process that is gone (the caller holds the workspace's lock, so
  // it is), and records the opening.
  static Result<std::unique_ptr<Kernel>> open(const KernelPorts& ports, KernelOptions options);
  ~Kernel() override;

  // --- any thread ---
  // RATE_LIMITED when the ingress queue is full, INVALID_REQUEST when a text is not UTF-8: the call was not taken.
  Status submit(Call call, Completion done);
  // Ends a call that runs, or waits for an approval, with TOOL_CANCELLED. `done`, when there is one, is called on the
  // strand once that is durable, has failed, or is found to have nothing to do.
  void cancel(ReceiptId receipt, Subject by, std::function<void(const Status&)> done = {});
  // Refuses new calls from now on; `idle` is called on the strand when the last running call has been recorded.
  void drain(std::function<void()> idle);

  // Changes the outbox's bookkeeping on the strand; `done` is called on it when that is durable or has failed.
  void change_outbox(std::function<Status(journal::Outbox&)> change, std::function<void(const Status&)> done);
  // The journal goes on under a log_id that nobody knows yet, and its streams begin anew behind what was acknowledged;
  // `done` likewise. CONFLICT while a recording runs.
  void go_on_anew(std::function<void(const Status&)> done);
  // The same for housekeeping on which no call and nothing in memory leans; it fails the batch when it fails.
  void change_journal(std::function<Status(log::Log&)> change, std::function<void(const Status&)> done);
  // Takes what the other side of the uplink had for the workspace; `done` likewise.
  void receive(journal::InboundBatch batch, std::function<void(const Status&)> done);

  // --- the strand ---
  void run_pending();
  // When run_pending() must be called at the latest, on the monotonic clock; nothing: not before the next doorbell.
  std::optional<std::chrono::nanoseconds> next_deadline() const;

  // What lumenflow.yaml is now: the lower-case hex SHA-256 of its bytes, empty when it cannot be read. While that is
  // not what was loaded, calls are refused with SPEC_TAMPERED.
  void configuration_on_disk(const std::string& hash);

  bool tampered() const { return tampered_as_.has_value(); }  // whether lumenflow.yaml is another than what was loaded

  // Takes over another configuration and other packs, in the batch that is open, once that is durable: calls that run
  // keep theirs. What changed, in words; empty: nothing. INVALID_CONFIGURATION for what is another workspace's.
  Result<std::string> reload(std::shared_ptr<Reloaded> reloaded);

  // Takes a dead letter of the uplink back into the stream, under a new seq, or lets it go; in the batch that is open.
  Status requeue_dead_letter(std::string_view stream, Position at);
  Status purge_dead_letter(std::string_view stream, Position at);
  const journal::Outbox& outbox() const { return outbox_; }
  // The same for what a pack's handler kept failing with.
  Status requeue_delivery(std::string_view pack_id, std::string_view stream, Position at);
  Status purge_delivery(std::string_view pack_id, std::string_view stream, Position at);

  // What `kernel:approve` and `kernel:deny` do: a signed decision on a parked call, in the batch that is open.
  pack::ToolResult decide(const Call& by, bool approve);
  // What `kernel:operator_accept` and `kernel:operator_repin` do: pins the key that is on the disk (operator_key.cc).
  pack::ToolResult accept_operator_key(const Call& by, bool lost);
  // The PEM of the key whose signatures count, and why the one on the disk does not; empty: it does.
  const std::string& operator_public_pem() const { return operator_key_; }
  std::string replaced_operator_key() const;
  // What `kernel:confirm` does: a signed consent to what a recovery proposes, likewise (recover.cc).
  pack::ToolResult confirm(const Call& by);
  // What `kernel:task_*` do, in the batch that is open (task_change.cc).
  pack::ToolResult change_task(TaskChange change, const Call& by);

  // Records from the moment on when nothing is under way (kernel/recording.h); calls that come until then wait. `begun`
  // is called on the strand: CONFLICT when it does not come to rest, or records already. The strand's.
  void record(RecordingRequest request);
  void stop_recording(const std::string& reason);
  bool recording() const { return tape_.records(); }
  std::uint64_t recorded_frames() const { return tape_.frames(); }

  bool draining() const override { return draining_; }
  bool journal_available() const { return journal_available_; }
  std::size_t running() const { return running_.size(); }
  std::vector<ReceiptId> running_receipts() const;
  bool revoked(std::string_view id) const { return orders_.revoked(id); }  // a token's id, a device's subject
  // The call of this receipt while it runs, and until its end is durable; null when there is none.
  const RunningCall* find_running(const ReceiptId& receipt) const;
  // Adds a completion to such a call; false when there is none.
  bool also_notify(const ReceiptId& receipt, Completion done);

  const WorkspaceConfig& config() const { return options_.config; }
  const pack::Registry& registry() const { return *options_.registry; }
  std::shared_ptr<const pack::Registry> shared_registry() const { return options_.registry; }
  const KernelCounters& counters() const { return counters_; }
  const Tasks& tasks() const { return tasks_; }
  Commands& commands() { return *commands_; }
  Bell& bell() { return bell_; }
  const Bell& bell() const { return bell_; }
  const journal::Reader& reader() const { return reader_; }
  CallNotices& notices() { return notices_; }  // thread safe
  std::vector<Subscriptions::Backlog> handler_backlogs() const { return subscriptions_.backlogs(); }
  // Whether some input of this tool could be allowed to this caller now (for listings).
  bool callable(const pack::ActiveTool& tool, const Credential& credential) const;

 private:
  friend class Commands;
  friend class Replay;
  friend class Automator;
  friend class TapedStrand;
  Kernel(const KernelPorts& ports, KernelOptions options);
  Status load();
  Status check_workspace_id();
  Status check_accepted_config();
  Status load_operator_key();  // operator_key.cc
  Status check_operator_key();
  Status begin_incarnation();  // incarnation.cc: under another log_id what was signed before counts no more
  Status rename_journal(journal::Outbox& outbox);
  Status renew_approvals(const std::string& log_id);
  Status renew_recoveries(const std::string& log_id);
  Status close_crashed_calls();
  void enqueue(Ingress item);
  void enter(Entering entering);

  // inner_calls.cc: calls that packs make within calls
  std::shared_ptr<const OuterCall> scope_within(const ReceiptId& receipt, const CallPtr& outer) const;
  Result<CallResult> invoke(const CallPtr& outer, std::string_view tool, json::Value in, std::string_view key) override;
  void end_inner(RunningCall& call);
  Result<std::vector<json::Value>> ask_caller(const CallPtr& call,
                                              const std::vector<pack::Question>& questions) override;

  // turns.cc: sessions of agents, and what their turns do
  Result<pack::Turn> open_turn(const CallPtr& call, const pack::TurnOpening& opening) override;
  Result<std::vector<pack::OfferedTool>> tools_of_turn(const CallPtr& call) override;
  Result<pack::TurnRecord> look_at_turn(std::string_view pack_id, std::string_view turn_id) override;
  Result<pack::Invoked> outcome_in_turn(std::string_view receipt) override;
  Result<Call> call_in_session(std::string_view pack_id, std::string_view session_id, std::string_view tool,
                               json::Value input, std::string_view idempotency_key) override;
  Status forget_session(std::string_view pack_id, std::string_view session_id) override;
  Status submit_alone(Call call) override { return submit(std::move(call), {}); }
  void count_in_turn(RunningCall& call);
  bool check_session(const CallPtr& call);
  void note_turn_runs(const RunningCall& call);
  void note_turn_call(const RunningCall& call, const CallEnd& end);
  void begin_turns_end(RunningCall& call);
  void end_turn(const Ending& ending);
  void keep(Status status);  // one that fails fails the batch

  // kernel.cc: the batch
  void handle(Ingress item);
  void end_overdue_calls();
  void commit_batch();
  void ended(const BatchEnded& batch);
  void make_visible(Batch batch);
  void open_batch_failed(const Error& error);
  void undo(Batch batch, const Error& error);
  RunningCall* find_unanswered(const ReceiptId& receipt) const;
  void append_refusal_counts();
  void finish_draining();
  void end_work();

  // background.cc: transactions, timers, and what contexts ask for
  Status transact(HostState& state, const CallPtr& call, const Change& change, pack::Emitted* emitted) override;
  Status check_fetch(const pack::HttpRequest& request) const override;
  ProgramEnds run_programs(pack::HostedRun& run, const Programs& programs, std::size_t at_once) override;
  Result<pack::HttpResponse> fetch(const pack::HttpRequest& request, Cancellation* cancelled) override;
  bool notify_operator(std::string_view line) override;
  void say(const RunningCall& call, CallNotice notice) const override { notices_.say(call, std::move(notice)); }
  std::chrono::nanoseconds monotonic() const override { return ports_.clock.monotonic(); }
  Result<bool> was_handled(std::string_view pack_id, std::string_view kind, std::string_view replay_key) override;
  void run_transaction(Transaction transaction);
  Status record_transaction(Transaction& transaction);
  void probe_journal();
  void launch_due_timers();
  void timer_returned(TimerReturned returned);
  void take_wishes(HostState& state);
  ContextScope scope_of(std::string_view pack_id, const pack::LoadedPack* pack, const pack::Registry& registry);

  // outbox.cc: what waits for the uplink
  Result<Position> append(log::Row row);
  Result<Position> append_alone(log::Row row);  // of no event of the queue class
  OutboxRoom outbox_room() const override;
  json::Value sealed_by(const json::Schema& schema, const json::Value& value) const override;
  Status switch_outbox();
  void run_outbox_change(OutboxChange change);
  void run_journal_change(JournalChange change);
  void events_received(EventsReceived received);
  void note_outbox_room();
  Status check_bus_room(const HostState& state, std::size_t from) const;

  // deliver.cc: events to the packs' handlers
  void deliver();
  void read_events(EventRead read);
  void begin(const DeliveryPtr& delivery);
  void replay_key_made(ReplayKeyMade made);
  void run_delivery(const DeliveryPtr& delivery);
  void handler_returned(HandlerReturned returned);
  void judge(const DeliveryPtr& delivery, DeliveryContext& context, Status status);
  void attempt_failed(Delivery& delivery, const Error& error);
  void end_delivery(Delivery& delivery, std::string_view outcome, std::string_view error,
                    DeliveryContext* context = nullptr);
  Status record(Delivery& delivery, std::string_view outcome, std::string_view error, DeliveryContext* context);
  Status move_handler_cursors(std::uint64_t lag);
  Status redrive(std::string_view pack_id, std::string_view stream, Position at, bool approved);
  void report_slow_handlers();

  // reload.cc
  void adopt(Reloaded& reloaded);
  Status say(std::string_view kind, json::Value payload, event::EventClass event_class = event::EventClass::kEphemeral,
             const Call& cause = {});
  Status say_refusals(const pack::Registry* before);
  Status note_tools(bool say_change);

  // dispatch.cc: stages 0 to 8
  void dispatch(CallArrived arrived);
  CallPtr accept(CallArrived arrived);
  void pass_stages(const CallPtr& call);  // without the first: its caller was admitted
  bool admit(const CallPtr& call);
  bool check_orders(const CallPtr& call);  // stage0.cc
  void end_stopped_calls();
  bool resolve(const CallPtr& call);
  bool authorise(const CallPtr& call);
  bool check_input(const CallPtr& call);
  bool check_scopes(const CallPtr& call);
  bool check_policy(const CallPtr& call);
  bool check_idempotency(const CallPtr& call);
  void ask_for_summary(const CallPtr& call);  // summarise.cc: what the approver of a call is told by its pack
  void summarised(const Summarised& ended);
  bool check_approval(const CallPtr& call);  // approve.cc, with what follows
  void park(const CallPtr& call, const ApprovalTerms& terms);
  json::Object covered_by_digest(const RunningCall& call, const std::string& nonce, Timestamp expires_at,
                                 std::int64_t approvals) const;
  bool park(Delivery& delivery, const std::string& surface);  // approve_delivery.cc
  void go_on(std::shared_ptr<const journal::ParkedCall> parked);
  bool cancel_parked(const ReceiptId& receipt, const CallEnd& end);
  void end_parked(journal::ParkedCall& parked, journal::ParkedCall::State state, CallEnd end);
  void expire_approvals();
  Result<std::string> deciding_key(const std::string& decider, const Call& by, std::string_view scope) const;
  Result<std::string> key_of_asker(const std::string& asker) const;
  void start(const CallPtr& call);
  void refuse(const CallPtr& call, int stage, ErrorCode code, std::string decided_by, std::string message,
              json::Value details = {});
  void replay(const CallPtr& call, const journal::IdempotencyRecord& record);

  // execution.cc: stages 9 and 10
  void run_on_strand(const CallPtr& call);
  void launch(const CallPtr& call);
  bool post(const pack::LoadedPack* pack, std::uint64_t number, HostState* state, CallPtr call,
            std::function<void()> task);
  void returned(ToolReturned returned);
  void judge(const CallPtr& call, CallContext& context, std::optional<pack::ToolResult> result);
  bool store_reads_still_hold(std::string_view pack_id, std::uint64_t launched_at, const CallStore& store) const;
  void release(const CallPtr& call);

  // record.cc: stages 11 and 12
  void end_call(const CallPtr& call, CallEnd end, const pack::ToolOutput* output = nullptr,
                CallContext* context = nullptr);
  void answer_later(const Ending& ending, std::int64_t duration_us);
  Status record(Ending& ending);
  Result<log::Row> final_row(const Ending& ending);
  std::int64_t duration_since(std::chrono::nanoseconds start) const;
  Status put_event(const PendingEvent& event, const pack::Manifest& manifest, Timestamp now, const Call& cause,
                   log::Row& row, pack::Emitted* emitted = nullptr);
  Status append_started(RunningCall& call);
  Status apply_store_writes(std::string_view pack_id, const std::map<std::string, std::optional<std::string>>& writes);
  void note_store_written(std::string_view pack_id);
  std::string requested_entry(RunningCall& call) const;
  std::string tool_called_entry(const ToolCalled& called, const Call& cause, Timestamp now);
  CrashedEnd end_of_crashed(const ReceiptId& receipt, const std::string& tool_name);
  Result<journal::Outcome> close_crashed_call(const log::KeyValue& open_call, const CrashedCalls& others);
  Result<CrashedEnd> end_of_crashed_turn(TurnState turn, const ReceiptId& receipt, const std::string& tool_name,
                                         const CrashedCalls& others);  // turns.cc
  std::string redact(const json::Schema& schema, const json::Value& value) const;

  // recover.cc: what a call left behind
  std::optional<journal::Recovery> recovery_of(RunningCall& call, CallEnd& end);
  journal::Recovery recovery_of_unknown(const ReceiptId& receipt, const std::string& tool_name,
                                        const json::Value& said = {});
  pack::Aftermath aftermath_of(const ReceiptId& receipt, const pack::ActiveTool& tool);
  void complete_recovery(journal::Recovery& recovery, const CleanupReport& report);
  std::optional<json::Value> shown_proposal(const std::string& tool_name, const json::Value& input) const;
  Result<json::Value> proposal_of(const journal::Recovery& recovery) const;
  pack::ToolResult carry_out(const journal::Recovery& open, journal::Recovery confirmed, json::Value input,
                             const Call& by);

  mutable Tape tape_;
  TapedClock clock_;
  TapedRandom random_;
  TapedLog log_;
  KernelPorts ports_;  // those three in place of what is behind them
  KernelOptions options_;
  journal::Reader reader_;
  Emitter emitter_;
  IdempotencyIndex idempotency_;
  journal::Outbox outbox_;
  journal::Approvals approvals_;
  journal::Inbound inbound_;
  RateLimiter rate_limiter_;
  Tasks tasks_;
  Timers timers_;
  Subscriptions subscriptions_;
  Bell bell_;
  journal::KeyWindow replays_;  // SHA-256 of pack, NUL, kind, NUL, replay key: of what handlers dealt with
  StandingOrders orders_;
  std::unique_ptr<Commands> commands_;
  std::unique_ptr<Automator> automator_;
  std::unique_ptr<TapedStrand> taped_;
  std::map<std::string, const KernelTool*, std::less<>> kernel_tools_;
  std::unique_ptr<const Grants> grants_;  // of the configuration and the packs that are loaded
  KernelCounters counters_;
  CallNotices notices_;

  RunningCalls running_;                                                                    // off the strand
  std::unordered_map<std::string, std::uint64_t> store_versions_, durable_store_versions_;  // by pack: who wrote it

  std::optional<Error> batch_error_;  // of the open batch
  Batch open_;
  std::deque<Batch> in_flight_;  // handed to the journal, oldest first
  // Batches, what runs on executors, and items that the strand makes itself, are numbered.
  std::uint64_t next_batch_ = 1, next_task_ = 1, next_own_ = 1;
  // What calls under an idempotency key will answer, by receipt: until it is durable the journal cannot say it.
  std::unordered_map<std::string, CallResult> undurable_results_;
  std::vector<Ending> unrecorded_;  // ends of two-commit calls in batches that failed

  std::map<std::pair<std::string, std::string>, journal::CallsRefused> refusal_counts_;  // (subject, code)
  std::atomic<std::uint64_t> room_events_{UINT64_MAX}, room_bytes_{UINT64_MAX};          // read by whoever emits
  std::atomic<bool> draining_ = false;      // read by timers on their threads
  std::string operator_key_;                // PEM of the pinned one
  bool operator_key_replaced_ = false;      // another one is on the disk
  std::optional<std::string> tampered_as_;  // what lumenflow.yaml became; nothing while it is what was loaded
  bool journal_available_ = true;
  std::chrono::nanoseconds next_probe_{0};  // monotonic
  std::vector<std::function<void()>> when_idle_;

  std::mutex ingress_mutex_;
  std::vector<Entering> ingress_;
  bool closing_ = false;  // no transaction is taken any more; under the mutex
  WorkGate work_;         // on the executors, the packs' own too
};

}  // namespace lumenflow::kernel
