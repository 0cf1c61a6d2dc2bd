// Sessions of agents: who may open a turn, what its calls count for, and what it leaves behind.
//
// A turn is no way around anything: each of its calls passes every stage, as the turn, with what whoever opened it
// holds, and the session's intent besides. What the kernel knows of a session it has counted itself.
#include <algorithm>
#include <utility>

#include "base/sha256.h"
#include "kernel/approve.h"
#include "kernel/kernel.h"
#include "kernel/recover.h"
#include "kernel/result_text.h"

namespace lumenflow::kernel {
namespace {

Error no_such_session(std::string_view id) {
  return Error(ErrorCode::kScopeDenied, "the caller holds no session '" + std::string(id) + "'");
}

// The intent that a session has from now on.
Status declare(Session& session, const std::string& intent, const std::vector<pack::Intent>& intents) {
  if (intent.empty() || intent == session.intent) return {};
  if (!session.intent.empty())
    return Error(ErrorCode::kInvalidInput, "the session's intent is '" + session.intent + "', for as long as it lasts",
                 {{"/intent", "is declared once"}});
  if (std::ranges::find(intents, intent, &pack::Intent::id) == intents.end())
    return Error(ErrorCode::kInvalidInput, "no intent '" + intent + "' is configured",
                 {{"/intent", "is none of the configured ones"}});
  session.intent = intent;
  return {};
}

}  // namespace

// What a turn leads to is told from what others do meanwhile. A replay comes here, too.
void opens_turn(RunningCall& call, std::string turn_id, std::string session_id) {
  if (call.call.traceparent.empty()) {
    const std::string hash = sha256_hex(turn_id);
    call.call.traceparent = "00-" + hash.substr(0, 32) + "-" + hash.substr(32, 16) + "-01";
  }
  call.opened_turn = std::move(turn_id);
  call.turn_session = std::move(session_id);
}

void Kernel::keep(Status status) {
  if (!status.ok() && !batch_error_) batch_error_ = std::move(status).error();
}

Result<pack::Turn> Kernel::open_turn(const CallPtr& call, const pack::TurnOpening& opening) {
  if (call == nullptr || call->call.outer != nullptr)
    return Error(ErrorCode::kInvalidRequest, "a turn is opened in a call that comes from outside, not in another turn");
  if (!call->opened_turn.empty()) return Error(ErrorCode::kInvalidRequest, "this call has opened a turn already");
  if (!is_session_id(opening.session_id))
    return Error(ErrorCode::kInvalidInput, "a session's id is 1 to 64 letters, digits, '.', '_' or '-'",
                 {{"/session_id", "must match ^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"}});
  LUMENFLOW_TRY_ASSIGN(std::optional<Session> session, find_session(ports_.log.tables(), opening.session_id));
  const Credential& caller = *call->call.credential;
  const bool goes_on = call->call.goes_on && call->call.session == opening.session_id;
  if (session && (session->pack != call->pack_id || (!goes_on && session->holder != actor_of(call->call))))
    return no_such_session(opening.session_id);
  if (!session) {
    session.emplace();
    session->id = opening.session_id;
    session->pack = call->pack_id;
    session->holder = actor_of(call->call);
    session->opened_at = call->arrived;
  }
  if (!goes_on) {
    session->on_behalf_of = caller.on_behalf_of;
    session->token_id = caller.token_id;
    session->scopes = caller.scopes;
  }
  LUMENFLOW_TRY(declare(*session, opening.intent, call->tool->pack->code->intents()));
  session->turns_max = opening.turns_max;
  session->tool_calls_max = opening.tool_calls_max;
  session->timer = opening.timer;
  if (session->turns_max != 0 && session->turns >= session->turns_max)
    return Error(ErrorCode::kLimitExceeded, "the session '" + session->id + "' has had the " +
                                                std::to_string(session->turns_max) + " turns that it may have");
  ++session->turns;

  TurnState turn;
  turn.id = turn_id_of(call->receipt);
  turn.session_id = session->id;
  turn.pack = session->pack;
  keep(put_session(ports_.log, *session));
  keep(put_turn(ports_.log, turn));
  opens_turn(*call, turn.id, session->id);
  return pack::Turn{turn.id,         session->id,    turn_subject(options_.config.id.str(), turn.id),
                    session->intent, session->turns, session->tool_calls};
}

Result<std::vector<pack::OfferedTool>> Kernel::tools_of_turn(const CallPtr& call) {
  if (call == nullptr || call->opened_turn.empty())
    return Error(ErrorCode::kInvalidRequest, "no turn was opened in this call");
  LUMENFLOW_TRY_ASSIGN(const std::optional<Session> session, find_session(ports_.log.tables(), call->turn_session));
  Credential turn = *call->call.credential;
  turn.subject = Subject(turn_subject(options_.config.id.str(), call->opened_turn));
  std::vector<pack::OfferedTool> offered;
  for (const auto& tool : call->registry->tools()) {
    if (tool->pack->manifest.id == call->pack_id || options_.registry->find(tool->descriptor.name) != tool.get() ||
        !callable(*tool, turn))
      continue;
    if (session && grants_->policy().intent_denies(*tool, {session->pack, session->intent})) continue;
    offered.push_back({tool->descriptor.name,
                       tool->descriptor.description.empty() ? tool->descriptor.title : tool->descriptor.description,
                       tool->descriptor.input_schema});
  }
  return offered;
}

// Every attempt, also of what there is not and of what is refused.
void Kernel::count_in_turn(RunningCall& call) {
  if (call.call.turn.empty()) return;
  Result<std::optional<Session>> session = find_session(ports_.log.tables(), call.call.session);
  Result<std::optional<TurnState>> turn = find_turn(ports_.log.tables(), call.call.turn);
  if (!session.ok()) return keep(session.error());
  if (!turn.ok()) return keep(turn.error());
  if (*session) {
    ++(*session)->tool_calls;
    call.over_session_limit = (*session)->tool_calls_max != 0 && (*session)->tool_calls > (*session)->tool_calls_max;
    keep(put_session(ports_.log, **session));
  }
  if (*turn) {
    ++(*turn)->tool_calls;
    keep(put_turn(ports_.log, **turn));
  }
}

bool Kernel::check_session(const CallPtr& call) {
  const std::string& id = call->call.session;
  if (id.empty()) return true;
  const Result<std::optional<Session>> found = find_session(ports_.log.tables(), id);
  if (!found.ok()) keep(found.error());
  const bool by_kernel = !call->call.turn.empty() || call->call.goes_on;
  if (!found.ok() || !*found || (!by_kernel && (*found)->holder != actor_of(call->call))) {
    refuse(call, 4, ErrorCode::kScopeDenied, "session", no_such_session(id).message());
    return false;
  }
  const Session& session = **found;
  if (orders_.revoked(session.holder)) {
    refuse(call, 2, ErrorCode::kTokenRevoked, "device:revoked", "the device that holds the session was revoked");
    return false;
  }
  if (call->over_session_limit) {
    refuse(call, 4, ErrorCode::kLimitExceeded, "session:tool_calls_max",
           "the session '" + id + "' has made the " + std::to_string(session.tool_calls_max) +
               " tool calls that it may make");
    return false;
  }
  if (call->call.turn.empty() && call->pack_id == session.pack) return true;  // what opens its turns
  call->session_pack = session.pack;
  call->intent = session.intent;
  return true;
}

void Kernel::note_turn_runs(const RunningCall& call) {
  if (call.call.turn.empty() || call.call.outer == nullptr) return;
  Result<std::optional<TurnState>> turn = find_turn(ports_.log.tables(), call.call.turn);
  if (!turn.ok()) return keep(turn.error());
  if (!*turn) return;
  (*turn)->running = call.receipt.str();
  keep(put_turn(ports_.log, **turn));
}

void Kernel::note_turn_call(const RunningCall& call, const CallEnd& end) {
  if (call.call.turn.empty()) return;
  Result<std::optional<TurnState>> turn = find_turn(ports_.log.tables(), call.call.turn);
  if (!turn.ok()) return keep(turn.error());
  if (*turn) {
    TurnState& state = **turn;
    const bool writes = call.tool != nullptr && call.tool->descriptor.permission != pack::Permission::kRead;
    const bool ran = end.outcome == journal::Outcome::kSuccess && end.stage == 12;
    state.changed = state.changed || (writes && ran);
    state.left_behind = std::max(state.left_behind, call.left_behind);
    if (state.running == call.receipt.str()) state.running.clear();
    keep(put_turn(ports_.log, state));
  }
  if (call.call.outer != nullptr) return;
  // It had waited for an approval, and the turn is over.
  const Result<std::optional<Session>> session = find_session(ports_.log.tables(), call.call.session);
  if (session.ok() && *session && !(*session)->timer.empty())
    timers_.wake((*session)->pack, (*session)->timer, ports_.clock.now());
}

// Before it is worked out what the call left behind.
void Kernel::begin_turns_end(RunningCall& call) {
  if (call.opened_turn.empty()) return;
  const Result<std::optional<TurnState>> turn = find_turn(ports_.log.tables(), call.opened_turn);
  if (!turn.ok()) return keep(turn.error());
  if (*turn) call.left_behind = std::max(call.left_behind, cleanup_of(**turn));
}

void Kernel::end_turn(const Ending& ending) {
  const RunningCall& call = *ending.call;
  if (call.opened_turn.empty()) return;
  if (ending.end.outcome == journal::Outcome::kSuccess) return keep(erase_turn(ports_.log, call.opened_turn));
  Result<std::optional<TurnState>> turn = find_turn(ports_.log.tables(), call.opened_turn);
  if (!turn.ok()) return keep(turn.error());
  if (!*turn) return;
  TurnState& state = **turn;
  state.aborted = true;
  state.running.clear();
  state.code = ending.end.code ? std::string(name(*ending.end.code)) : ending.end.tool_code;
  state.left_behind = ending.recovery ? ending.recovery->cleanup : journal::Cleanup::kClean;
  if (ending.recovery) state.action = ending.recovery->action;
  keep(put_turn(ports_.log, state));
  const Result<std::optional<Session>> session = find_session(ports_.log.tables(), call.turn_session);
  if (session.ok() && *session && !(*session)->timer.empty())
    timers_.wake((*session)->pack, (*session)->timer, ports_.clock.now());
}

// Its calls are closed: what they have left is what it has left.
Result<CrashedEnd> Kernel::end_of_crashed_turn(TurnState turn, const ReceiptId& receipt, const std::string& tool_name,
                                               const CrashedCalls& others) {
  if (const auto last = others.find(turn.running); last != others.end()) {
    if (last->second == journal::Outcome::kUnknown) turn.left_behind = journal::Cleanup::kNeedsRecovery;
    if (last->second == journal::Outcome::kSuccess) turn.changed = true;
  }
  const journal::Cleanup cleanup = cleanup_of(turn);
  CrashedEnd end;
  end.outcome = cleanup == journal::Cleanup::kNeedsRecovery ? journal::Outcome::kUnknown : journal::Outcome::kCrashed;
  end.code = name(ErrorCode::kToolCrashed);
  end.decided_by = "restart";
  json::Value details;
  if (cleanup != journal::Cleanup::kClean) {
    end.recovery = recovery_of_unknown(receipt, tool_name);
    end.recovery->cleanup = cleanup;
    end.recovery->outcome = journal::name(end.outcome);
    complete_recovery(*end.recovery, {});
    details = details_with({}, *end.recovery);
    turn.action = end.recovery->action;
  }
  turn.aborted = true;
  turn.code = end.code;
  turn.left_behind = cleanup;
  turn.running.clear();
  LUMENFLOW_TRY(put_turn(ports_.log, turn));
  end.result = failure_text(end.code,
                            cleanup == journal::Cleanup::kClean
                                ? "the process died within the turn, which had changed nothing"
                                : "the process died within the turn, after it had changed something",
                            details);
  return end;
}

Result<pack::TurnRecord> Kernel::look_at_turn(std::string_view pack_id, std::string_view turn_id) {
  LUMENFLOW_TRY_ASSIGN(const std::optional<TurnState> turn, find_turn(ports_.log.tables(), turn_id));
  if (!turn || turn->pack != pack_id)
    return Error(ErrorCode::kNotFound, "no turn '" + std::string(turn_id) + "' runs or has broken off");
  pack::TurnRecord record;
  record.state = turn->aborted ? pack::TurnRecord::State::kAborted : pack::TurnRecord::State::kRunning;
  record.session_id = turn->session_id;
  record.tool_calls = turn->tool_calls;
  record.code = turn->code;
  record.cleanup_status = journal::name(turn->aborted ? turn->left_behind : cleanup_of(*turn));
  record.recovery_action = turn->action;
  return record;
}

Result<pack::Invoked> Kernel::outcome_in_turn(std::string_view receipt_text) {
  const ReceiptId receipt{std::string(receipt_text)};
  const Error none(ErrorCode::kNotFound, "no turn has made the call " + receipt.str());
  if (!journal::call_key(receipt)) return none;
  const Result<journal::RecordedCall> call = reader_.call(receipt);
  if (!call.ok()) return call.error().code() == ErrorCode::kNotFound ? none : call.error();
  if (!turn_of_subject(options_.config.id.str(), json::string_or(call->requested, "subject", ""))) return none;
  pack::Invoked invoked;
  invoked.receipt_id = receipt.str();
  if (call->finished) {
    if (const Result<json::Value> result = json::parse(call->body.result, {.depth_max = 256}); result.ok())
      invoked = pack::read_result(*result);
    invoked.outcome = json::string_or(*call->finished, "outcome", "");
    invoked.code = json::string_or(*call->finished, "code", "");
    invoked.receipt_id = receipt.str();
    return invoked;
  }
  invoked.outcome = "running";
  LUMENFLOW_TRY_ASSIGN(const auto parked, approvals_.find(receipt));
  if (!parked || parked->state != journal::ParkedCall::State::kOpen) return invoked;
  invoked.outcome = "pending";
  invoked.approval_id = parked->approval_id();
  return invoked;
}

Result<Call> Kernel::call_in_session(std::string_view pack_id, std::string_view session_id, std::string_view tool,
                                     json::Value input, std::string_view idempotency_key) {
  LUMENFLOW_TRY_ASSIGN(const std::optional<Session> session, find_session(ports_.log.tables(), session_id));
  if (!session || session->pack != pack_id)
    return Error(ErrorCode::kNotFound, "the pack has no session '" + std::string(session_id) + "'");
  if (orders_.revoked(session->holder) || (!session->token_id.empty() && orders_.revoked(session->token_id)))
    return Error(ErrorCode::kTokenRevoked, "what the session's holder acted with was revoked");
  const pack::ActiveTool* own = options_.registry->find(tool);
  if (own == nullptr || own->pack->manifest.id != pack_id)
    return Error(ErrorCode::kInvalidRequest, "a session goes on with a tool of its own pack");
  auto credential = std::make_shared<Credential>();  // shared: see Call::credential
  credential->subject = Subject(options_.config.id.str() + ":pack:" + std::string(pack_id));
  credential->on_behalf_of = session->on_behalf_of.empty() ? session->holder : session->on_behalf_of;
  credential->scopes = session->scopes;
  credential->token_id = session->token_id;
  Call call;
  call.tool = tool;
  call.input = std::move(input);
  call.credential = std::move(credential);
  call.surface = Surface::kPack;
  call.idempotency_key = idempotency_key;
  call.session = session_id;
  call.goes_on = true;
  return call;
}

// Its turns that ended well have left no record.
Status Kernel::forget_session(std::string_view pack_id, std::string_view session_id) {
  LUMENFLOW_TRY_ASSIGN(const std::optional<Session> session, find_session(ports_.log.tables(), session_id));
  if (!session) return {};
  if (session->pack != pack_id)
    return Error(ErrorCode::kNotFound, "the pack has no session '" + std::string(session_id) + "'");
  for (const auto& [receipt, call] : running_.all())
    if (call->turn_session == session_id || call->call.session == session_id)
      return Error(ErrorCode::kConflict, "a call is made in the session '" + std::string(session_id) + "'");
  return erase_session(ports_.log, session_id);
}

}  // namespace lumenflow::kernel
