#include "kernel/commands.h"

#include <algorithm>
#include <array>
#include <utility>

#include "event/envelope_reader.h"
#include "journal/tables.h"
#include "kernel/device_tools.h"
#include "kernel/granted.h"
#include "kernel/kernel.h"

namespace lumenflow::kernel {
namespace {

using journal::CommandQueue;
using journal::CommandReport;

constexpr std::size_t kLookedAtMax = 256;      // of each queue, in one run
constexpr std::size_t kToolsInHandMax = 64;    // calls of commands that run at once
constexpr std::chrono::seconds kBusyPause{1};  // after a refusal that says to come again
constexpr std::chrono::hours kRememberedMin{24}, kRememberedMax{30 * 24};
constexpr std::chrono::hours kCommandLifeMax{24};
constexpr std::string_view kSayCancelled = "it was taken back before it began";

constexpr std::array<std::string_view, 7> kControls = {"conductor:approval_resolved",  "conductor:command_cancelled",
                                                       "conductor:device_requested",   "conductor:device_revoked",
                                                       "conductor:recovery_confirmed", "conductor:recovery_requested",
                                                       "conductor:stop_requested"};

CommandQueue queue_of(std::string_view kind) {
  return std::ranges::find(kControls, kind) == kControls.end() ? CommandQueue::kTool : CommandQueue::kControl;
}

std::string text(const json::Value& payload, std::string_view member) {
  return std::string(json::string_or(payload, member, ""));
}

}  // namespace

Status Commands::warn(const std::string& message) {
  kernel_.open_.writes_more = true;
  return kernel_.say("workspace_warning", json::Object{{"message", message}});
}

Status Commands::load() {
  for (const CommandQueue queue : {CommandQueue::kControl, CommandQueue::kTool}) {
    LUMENFLOW_TRY_ASSIGN(const auto waiting,
                         journal::waiting_commands(kernel_.ports_.log.tables(), queue, Position(), 1));
    if (!waiting.empty()) kernel_.enqueue(CommandsDue{});
  }
  return {};
}

// --- taken in ---

Status Commands::received(const std::vector<journal::ReceivedEvent>& events) {
  log::Log& log = kernel_.ports_.log;
  const Timestamp now = kernel_.ports_.clock.now();
  bool queued = false;
  for (const journal::ReceivedEvent& event : events) {
    const event::Event& command = event.received.event;
    const Hash256 key = command_memory_key("command", command.event_id);
    LUMENFLOW_TRY_ASSIGN(const auto seen, kernel_.replays_.find(key, now));
    if (seen) {  // said again, on whatever stream and under whatever number: it is one command
      CommandReport repeated{event.at, command.event_id, command.kind,    "repeated",
                             {},       "ALREADY_EXISTS", "it came before"};
      log::Row row;
      row.entries.push_back(journal::encode_command_ended(repeated, event.received.stamp.from, now));
      LUMENFLOW_TRY(kernel_.append(std::move(row)));
      continue;
    }
    const std::optional<Timestamp> expires = event.received.stamp.expires_at;
    const Timestamp until = std::min(std::max(expires.value_or(now), now + kRememberedMin), now + kRememberedMax);
    LUMENFLOW_TRY(kernel_.replays_.put(key, {}, until));
    LUMENFLOW_TRY(journal::put_command(log, queue_of(command.kind), event.at));
    queued = true;
  }
  if (queued)
    kernel_.open_.waiting.emplace_back([this](const Status& status) {
      if (status.ok()) kernel_.enqueue(CommandsDue{});
    });
  return {};
}

// --- carried out ---

void Commands::run() {
  const bool again = retry_at_ && kernel_.ports_.clock.monotonic() >= *retry_at_;
  if (!due_ && !again) return;
  if (kernel_.draining_ || !kernel_.journal_available_ || kernel_.batch_error_) return;
  due_ = false;
  retry_at_.reset();
  Status status = run_queue(CommandQueue::kControl);
  if (status.ok()) status = run_queue(CommandQueue::kTool);
  if (!status.ok() && !kernel_.batch_error_) kernel_.batch_error_ = std::move(status).error();
}

Status Commands::run_queue(CommandQueue queue) {
  const Position durable(kernel_.ports_.log.head().size);
  LUMENFLOW_TRY_ASSIGN(const auto waiting,
                       journal::waiting_commands(kernel_.ports_.log.tables(), queue, Position(), kLookedAtMax));
  for (const Position at : waiting) {
    if (at > durable) break;  // it is said when it is
    if (in_hand_.contains(at.value())) continue;
    if (queue == CommandQueue::kTool && in_hand_.size() >= kToolsInHandMax) return {};
    LUMENFLOW_TRY_ASSIGN(const bool go_on, carry_out(at, queue));
    if (!go_on) {
      retry_at_ = kernel_.ports_.clock.monotonic() + kBusyPause;
      return {};
    }
    if (kernel_.batch_error_) return {};
  }
  const bool more = waiting.size() == kLookedAtMax && waiting.back() <= durable;
  if (more && in_hand_.size() < kToolsInHandMax) kernel_.enqueue(CommandsDue{});
  return {};
}

Result<Commands::Command> Commands::read(Position at, CommandQueue queue) const {
  LUMENFLOW_TRY_ASSIGN(const journal::ReadEntry entry, kernel_.reader_.entry(at));
  const json::Value* envelope = entry.value.find("event");
  if (envelope == nullptr) return Error(ErrorCode::kJournalDamaged, "the entry of a command has no event");
  LUMENFLOW_TRY_ASSIGN(event::Received received, event::read_envelope(*envelope));
  Command command{at, queue, std::move(received.event), std::move(received.stamp), {}};
  command.expires_at = command.stamp.expires_at;
  return command;
}

// False: not now.
Result<bool> Commands::carry_out(Position at, CommandQueue queue) {
  LUMENFLOW_TRY_ASSIGN(const Command command, read(at, queue));
  const std::string& kind = command.event.kind;
  if (command.expires_at && *command.expires_at <= kernel_.ports_.clock.now()) {
    LUMENFLOW_TRY(
        end(command, "expired",
            Error(ErrorCode::kApprovalExpired, "the command was good until " + format_rfc3339(*command.expires_at))));
    return true;
  }
  // What a pack's handler deals with has arrived; with a tool it is a call, too.
  const bool for_handlers = kind == "conductor:recovery_requested" ||
                            (kind == "sidekick:command_received" && text(command.event.payload, "tool").empty());
  if (for_handlers) {
    LUMENFLOW_TRY(end(command, "done"));
    return true;
  }
  const Timestamp life_max = kernel_.ports_.clock.now() + kCommandLifeMax + kCommandSkew;
  if (!command.expires_at || *command.expires_at > life_max) {  // one that is good for ever could be said for ever
    LUMENFLOW_TRY(
        end(command, "refused",
            Error(ErrorCode::kInvalidRequest, "a command says until when it is good: expires_at, a day at most")));
    return true;
  }
  if (kind == "conductor:command_cancelled") {
    LUMENFLOW_TRY(cancel(command));
    return true;
  }
  Result<Call> call = call_of(command);
  if (!call.ok()) {
    if (call.error().code() == ErrorCode::kJournalDamaged || call.error().code() == ErrorCode::kJournalUnavailable)
      return call.error();
    LUMENFLOW_TRY(end(command, "refused", call.error()));
    return true;
  }
  return dispatch(command, *std::move(call));
}

Result<Call> Commands::call_of(const Command& command) {
  const std::string& kind = command.event.kind;
  Result<Call> call = Error(ErrorCode::kUnknownKind, "'" + kind + "' is no command that is carried out here");
  if (kind == "conductor:tool_requested" || kind == "sidekick:command_received") call = tool_call(command);
  if (kind == "conductor:approval_resolved") call = decision_call(command);
  if (kind == "conductor:recovery_confirmed") call = recovery_call(command);
  if (kind == "conductor:stop_requested") call = stop_call(command);
  if (kind == "conductor:device_requested" || kind == "conductor:device_revoked") call = device_call(command);
  if (!call.ok()) return call;
  call->command = command.at;
  call->traceparent = command.stamp.traceparent.value_or("");
  if (call->idempotency_key.empty()) call->idempotency_key = "command:" + command.event.event_id;
  return call;
}

// A device's is its own act, by policy and in the record: so it takes the device's signature.
Result<Call> Commands::tool_call(const Command& command) {
  Call call;
  LUMENFLOW_TRY_ASSIGN(call.credential, credential_of(command, Word::kSigned));
  if (command.stamp.from != conductor_subject(kernel_.options_.config.id.str())) LUMENFLOW_TRY(check_signed(command));
  const json::Value& payload = command.event.payload;
  call.tool = text(payload, "tool");
  const json::Value* input = payload.find("input");
  call.input = input == nullptr ? json::Value(json::Object()) : *input;
  call.surface = Surface::kHttp;  // what its token could do there, and no more
  call.idempotency_key = text(payload, "idempotency_key");
  return call;
}

// As POST /approvals/{id}: what decides is the signature, by a key that is pinned. When: as the event says, which is
// what was signed.
Result<Call> Commands::decision_call(const Command& command) const {
  const json::Value& payload = command.event.payload;
  Call call;
  LUMENFLOW_TRY_ASSIGN(call.credential, credential_of(command));
  const std::string decided_by = text(payload, "decided_by");
  LUMENFLOW_TRY_ASSIGN(const auto grant, grant_of(kernel_.ports_.log.tables(), decided_by));
  if (grant && !holds_scope(*grant, "approvals:decide", ""))
    return Error(ErrorCode::kTokenScopeDenied, "'" + decided_by + "' was not given the scope approvals:decide");
  call.tool = text(payload, "decision") == "approve" ? "kernel:approve" : "kernel:deny";
  json::Object input{{"approval_id", text(payload, "approval_id")},
                     {"decided_at", format_rfc3339(command.event.timestamp)},
                     {"decided_by", decided_by},
                     {"signature", text(payload, "signature")}};
  if (payload.find("reason") != nullptr) input.set("reason", text(payload, "reason"));
  call.input = std::move(input);
  call.surface = Surface::kSocket;
  return call;
}

// As POST /recoveries/{id}/confirm. What it proposes runs as whoever signed, with what that one was given here.
Result<Call> Commands::recovery_call(const Command& command) const {
  const json::Value& payload = command.event.payload;
  LUMENFLOW_TRY_ASSIGN(const auto sender, credential_of(command));
  const std::string decided_by = text(payload, "decided_by");
  LUMENFLOW_TRY_ASSIGN(const auto grant, grant_of(kernel_.ports_.log.tables(), decided_by));
  if (!grant) return Error(ErrorCode::kUnauthenticated, "this workspace has minted no token for '" + decided_by + "'");
  auto credential = std::make_shared<Credential>(*sender);  // shared: see Call::credential
  credential->scopes = grant->scopes;
  Call call;
  call.credential = std::move(credential);
  call.surface = Surface::kHttp;
  call.tool = "kernel:confirm";
  json::Object input{{"recovery_id", text(payload, "recovery_id")},
                     {"decided_at", format_rfc3339(command.event.timestamp)},
                     {"decided_by", decided_by},
                     {"signature", text(payload, "signature")}};
  if (payload.find("reason") != nullptr) input.set("reason", text(payload, "reason"));
  call.input = std::move(input);
  return call;
}

// Stopping takes no more than to be heard here; to go on takes what was signed by a device that may stop.
Result<Call> Commands::stop_call(const Command& command) {
  const json::Value& payload = command.event.payload;
  Call call;
  const bool resume = json::boolean_or(payload, "resume", false);
  LUMENFLOW_TRY_ASSIGN(const auto credential, credential_of(command, resume ? Word::kSigned : Word::kRelays));
  const std::string target = text(payload, "target");
  const std::string& workspace = kernel_.options_.config.id.str();
  json::Object input;
  if (target == "all")
    input.set("all", true);
  else if (target == workspace || target.starts_with(workspace + ":"))
    input.set("subject", target);
  else if (const pack::ActiveTool* tool = kernel_.options_.registry->find(target))
    input.set("tool", tool->descriptor.name);
  else
    input.set("tool", target);
  call.credential = credential;
  call.tool = "kernel:stop";
  if (resume) {
    LUMENFLOW_TRY(check_resume(command, target));
    auto proved = std::make_shared<Credential>(*credential);  // shared: see Call::credential
    proved->operator_key = true;
    call.credential = std::move(proved);
    call.tool = "kernel:resume";
  }
  call.input = std::move(input);
  call.surface = Surface::kSocket;
  return call;
}

Result<Call> Commands::device_call(const Command& command) const {
  const json::Value& payload = command.event.payload;
  Call call;
  LUMENFLOW_TRY_ASSIGN(const auto credential, credential_of(command));
  call.surface = Surface::kSocket;
  call.credential = credential;
  if (command.event.kind == "conductor:device_revoked") {
    auto proved = std::make_shared<Credential>(*credential);  // shared: see Call::credential
    proved->operator_key = true;                              // to take rights away needs no proof
    proved->expires_at.reset();
    call.credential = std::move(proved);
    call.tool = "kernel:device_revoke";
    call.input = json::Object{{"device_id", text(payload, "device_id")}};
    return call;
  }
  call.tool = "kernel:device_pair";  // which waits until the operator has looked at it
  LUMENFLOW_TRY_ASSIGN(call.input,
                       pairing_input(kernel_.ports_.log.tables(), text(payload, "device_id"), text(payload, "name"),
                                     text(payload, "public_key"), kernel_.ports_.clock.now()));
  return call;
}

// --- as a call ---

Result<bool> Commands::dispatch(const Command& command, Call call) {
  const Position at = command.at;
  in_hand_[at.value()] = {command.queue, command.event.event_id, command.event.kind, command.stamp.from, {}};
  kernel_.dispatch({std::move(call), [this, at](const CallResult& result) { ended(at, result); }});
  return in_hand_.contains(at.value()) || !retry_at_;
}

Status Commands::recorded(const RunningCall& call) {
  const Position at = call.call.command;
  const auto found = in_hand_.find(at.value());
  if (found == in_hand_.end()) return {};  // a parked one that goes on: it left the queue when it was parked
  InHand& command = found->second;
  command.receipt = call.receipt.str();
  const CommandReport report{at, command.command_id, command.kind, "call", command.receipt, {}, {}};
  log::Log& log = kernel_.ports_.log;
  log::Row row;
  row.entries.push_back(journal::encode_command_dispatched(report, command.from, kernel_.ports_.clock.now()));
  LUMENFLOW_TRY(log.append(std::move(row)));
  LUMENFLOW_TRY(journal::erase_command(log, command.queue, at));
  tell_when_durable();
  return journal::put_report(log, report);
}

void Commands::tell_when_durable() {
  if (std::exchange(telling_, true)) return;
  kernel_.open_.waiting.emplace_back([this](const Status&) {
    telling_ = false;
    if (on_reports_) on_reports_();
  });
}

// The call has ended, or was not taken; what it did is durable.
void Commands::ended(Position at, const CallResult& result) {
  const auto found = in_hand_.find(at.value());
  if (found == in_hand_.end()) return;
  const InHand command = std::move(found->second);
  in_hand_.erase(found);
  const bool later = result.code == ErrorCode::kRateLimited || result.code == ErrorCode::kDraining ||
                     result.code == ErrorCode::kJournalUnavailable;
  if (later && command.receipt.empty()) {
    retry_at_ = kernel_.ports_.clock.monotonic() + kBusyPause;
    return;
  }
  kernel_.enqueue(CommandsDue{});  // others may have waited for room
  if (!command.receipt.empty()) {
    if (on_reports_) on_reports_();
    return;
  }
  // An equal call ran already, and this is its result.
  log::Log& log = kernel_.ports_.log;
  Status status = journal::erase_command(log, command.queue, at);
  if (status.ok())
    status = journal::put_report(log, {at, command.command_id, command.kind, "call", result.receipt.str(), {}, {}});
  if (!status.ok() && !kernel_.batch_error_) kernel_.batch_error_ = std::move(status).error();
  kernel_.open_.writes_more = true;
  tell_when_durable();
}

// --- without one ---

Status Commands::end(const Command& command, std::string state, const std::optional<Error>& why) {
  CommandReport report{command.at, command.event.event_id, command.event.kind, std::move(state), {}, {}, {}};
  if (why) {
    report.code = name(why->code());
    report.message = why->message();
  }
  log::Log& log = kernel_.ports_.log;
  kernel_.open_.writes_more = true;
  log::Row row;
  row.entries.push_back(journal::encode_command_ended(report, command.stamp.from, kernel_.ports_.clock.now()));
  LUMENFLOW_TRY(kernel_.append(std::move(row)));
  LUMENFLOW_TRY(journal::erase_command(log, command.queue, command.at));
  tell_when_durable();
  return journal::put_report(log, report);
}

// Whoever sent a command takes it back, or the conductor any.
Status Commands::cancel(const Command& command) {
  if (const auto credential = credential_of(command); !credential.ok())
    return end(command, "refused", credential.error());
  const std::string command_id = text(command.event.payload, "command_id");
  const bool any = command.stamp.from == conductor_subject(kernel_.options_.config.id.str());
  for (const auto& [at, other] : in_hand_) {
    if (other.command_id != command_id || (!any && other.from != command.stamp.from)) continue;
    for (const auto& [receipt, call] : kernel_.running_.all())
      if (call->call.command == Position(at)) kernel_.cancel(call->receipt, Subject(command.stamp.from));
    return end(command, "done");
  }
  LUMENFLOW_TRY_ASSIGN(const bool found, cancel_waiting(command, command_id));
  if (found) return end(command, "done");
  LUMENFLOW_TRY_ASSIGN(const bool parked, cancel_parked(command, command_id));
  if (parked) return end(command, "done");
  return end(command, "refused", Error(ErrorCode::kNotFound, "no command of this id waits or runs"));
}

// One whose call waits for an approval.
Result<bool> Commands::cancel_parked(const Command& by, const std::string& command_id) {
  const bool any = by.stamp.from == conductor_subject(kernel_.options_.config.id.str());
  const log::TableReader& tables = kernel_.ports_.log.tables();
  for (Position after;;) {
    LUMENFLOW_TRY_ASSIGN(const auto reports, journal::command_reports(tables, after, kLookedAtMax));
    for (const journal::CommandReport& report : reports) {
      if (report.command_id != command_id || report.state != "call") continue;
      LUMENFLOW_TRY_ASSIGN(const Command asked, read(report.at, CommandQueue::kTool));
      LUMENFLOW_TRY_ASSIGN(const auto parked, journal::find_parked(tables, ReceiptId(report.receipt)));
      if (!parked || parked->state != journal::ParkedCall::State::kOpen) return false;
      if (!any && asked.stamp.from != by.stamp.from) return false;
      kernel_.cancel(ReceiptId(report.receipt), Subject(by.stamp.from));
      return true;
    }
    if (reports.size() < kLookedAtMax) return false;
    after = reports.back().at;
  }
}

Result<bool> Commands::cancel_waiting(const Command& by, const std::string& command_id) {
  const bool any = by.stamp.from == conductor_subject(kernel_.options_.config.id.str());
  const Position durable(kernel_.ports_.log.head().size);
  for (Position after;;) {
    LUMENFLOW_TRY_ASSIGN(const auto waiting, journal::waiting_commands(kernel_.ports_.log.tables(), CommandQueue::kTool,
                                                                       after, kLookedAtMax));
    for (const Position at : waiting) {
      if (at > durable) return false;
      LUMENFLOW_TRY_ASSIGN(const Command command, read(at, CommandQueue::kTool));
      if (command.event.event_id != command_id || (!any && command.stamp.from != by.stamp.from)) continue;
      LUMENFLOW_TRY(end(command, "cancelled", Error(ErrorCode::kToolCancelled, std::string(kSayCancelled))));
      return true;
    }
    if (waiting.size() < kLookedAtMax) return false;
    after = waiting.back();
  }
}

}  // namespace lumenflow::kernel
