// Stages 0 to 8: everything that is decided before a tool runs.
#include <utility>

#include "base/encoding.h"
#include "json/canonical.h"
#include "kernel/approval_providers.h"
#include "kernel/approve.h"
#include "kernel/kernel.h"
#include "kernel/result_text.h"
#include "kernel/secret_keeper.h"
#include "kernel/taped_strand.h"

namespace lumenflow::kernel {
namespace {

constexpr int kWaitersMax = 32;  // equal calls that wait for one that runs
constexpr std::size_t kIdempotencyKeyBytesMax = 256;

json::Value details_of(const std::vector<ErrorDetail>& faults) {
  json::Array details;
  for (const ErrorDetail& fault : faults)
    details.push_back(json::Object{{"pointer", fault.pointer}, {"reason", fault.reason}});
  return details;
}

json::Value rules_of(const PolicyVerdict& verdict) {
  json::Array rules;
  for (const PolicyRule* rule : verdict.matched)
    rules.push_back(json::Object{{"rule", rule->label}, {"hash", rule->hash}});
  return rules;
}

// What people decide and what they ask for is signed, hashed and shown in the words of its input.
bool stands_as_typed(const RunningCall& call, const std::map<std::string, const KernelTool*, std::less<>>& own) {
  return call.pack_id == "kernel" && own.find(call.tool->descriptor.name)->second->decide != nullptr;
}

}  // namespace

void Kernel::dispatch(CallArrived arrived) {
  const CallPtr call = accept(std::move(arrived));
  if (admit(call)) pass_stages(call);
}

CallPtr Kernel::accept(CallArrived arrived) {
  auto call = std::make_shared<RunningCall>();  // shared: see CallPtr
  call->call = std::move(arrived.call);
  if (arrived.done) call->completions.push_back(std::move(arrived.done));
  call->arrived = ports_.clock.now();
  call->arrived_monotonic = ports_.clock.monotonic();
  call->ulid = make_ulid(call->arrived, ports_.random.draw16());
  call->receipt = ReceiptId("rcpt-" + call->ulid.str());
  call->registry = options_.registry;
  if (call->call.listener != nullptr) call->watches.push_back(notices_.watch(call->receipt, *call->call.listener));
  return call;
}

void Kernel::pass_stages(const CallPtr& call) {
  count_in_turn(*call);
  const bool may_run = check_orders(call) && resolve(call) && check_session(call) && authorise(call) &&
                       check_input(call) && check_scopes(call) && check_policy(call) && check_idempotency(call) &&
                       check_approval(call);
  if (may_run) start(call);
}

void Kernel::refuse(const CallPtr& call, int stage, ErrorCode code, std::string decided_by, std::string message,
                    json::Value details) {
  end_call(call, {.stage = stage,
                  .outcome = journal::Outcome::kDenied,
                  .code = code,
                  .tool_code = {},
                  .decided_by = std::move(decided_by),
                  .message = std::move(message),
                  .details = std::move(details)});
}

// Stage 0. These refusals are counted, one entry per subject and second, so that a flood is not a flood of writes.
bool Kernel::admit(const CallPtr& call) {
  std::optional<ErrorCode> code;
  if (draining_ && call->call.outer == nullptr)  // what is under way may end
    code = ErrorCode::kDraining;
  else if (!rate_limiter_.admit(call->call.credential->subject, call->arrived_monotonic))
    code = ErrorCode::kRateLimited;
  if (!code) return true;

  ++counters_.refused_unrecorded;
  const Timestamp second{call->arrived.ms - call->arrived.ms % 1'000};
  const std::pair key(call->call.credential->subject.str(), std::string(name(*code)));
  auto [entry, added] =
      refusal_counts_.try_emplace(key, journal::CallsRefused{second, call->call.credential->subject, key.second, 0});
  if (!added && entry->second.second != second) {
    append_refusal_counts();
    entry =
        refusal_counts_.try_emplace(key, journal::CallsRefused{second, call->call.credential->subject, key.second, 0})
            .first;
  }
  ++entry->second.count;

  CallResult result{call->receipt, journal::Outcome::kDenied, code, {}, false};
  const json::Object body{{"success", false},
                          {"error", json::Object{{"code", name(*code)}, {"message", std::string(info(*code).meaning)}}},
                          {"metadata", json::Object{{"receipt_id", call->receipt.str()}, {"duration_ms", 0}}}};
  result.body = json::serialize(body);
  for (const Completion& done : call->completions) done(result);
  return false;
}

// Stage 1.
bool Kernel::resolve(const CallPtr& call) {
  if (call->call.outer != nullptr && running_.find(call->call.outer->receipt) == nullptr) {
    refuse(call, 1, ErrorCode::kToolCancelled, "outer_call", "the call within which this one was made has ended");
    return false;
  }
  const bool by_people = call->call.surface == Surface::kSocket || call->call.surface == Surface::kCli;
  if (const auto kernel_tool = kernel_tools_.find(call->call.tool);
      kernel_tool != kernel_tools_.end() &&
      (by_people || (kernel_tool->second->on_http && call->call.surface == Surface::kHttp) ||
       (kernel_tool->second->for_packs && call->call.surface == Surface::kPack))) {
    call->tool = &kernel_tool->second->tool;
    call->pack_id = "kernel";
    return true;
  }
  const pack::ActiveTool* tool = call->registry->find(call->call.tool);
  const bool by_pack = call->call.surface == Surface::kPack && call->call.turn.empty();  // an agent is no pack
  if (tool == nullptr || (tool->descriptor.internal_only && !by_pack)) {
    // As the record names it: the answer's hash says no more, and a replay knows no more.
    const std::string named = choice_without_secrets(call->call.tool, options_.redaction_key);
    refuse(call, 1, ErrorCode::kToolNotFound, "registry",
           "no active pack has a tool '" + std::string(clip_utf8(named, 200)) + "'; " +
               (call->call.surface == Surface::kHttp ? "GET /tools" : "`lumenflow tools`") + " lists them");
    return false;
  }
  call->tool = tool;
  call->pack_id = tool->pack->manifest.id;
  return true;
}

// Stage 2.
bool Kernel::authorise(const CallPtr& call) {
  const Credential& credential = *call->call.credential;
  if (credential.expires_at && *credential.expires_at <= call->arrived) {
    refuse(call, 2, ErrorCode::kTokenExpired, "token:expiry", "the token's life is over; mint another");
    return false;
  }
  if (!credential.token_id.empty() && orders_.revoked(credential.token_id)) {
    refuse(call, 2, ErrorCode::kTokenRevoked, "token:revoked", "the token was revoked; mint another");
    return false;
  }
  if (orders_.revoked(credential.subject.str())) {
    refuse(call, 2, ErrorCode::kTokenRevoked, "device:revoked", "the device was revoked");
    return false;
  }
  if (call->pack_id == "kernel") {
    const KernelTool& tool = *kernel_tools_.find(call->tool->descriptor.name)->second;
    const bool by_token = call->call.surface == Surface::kHttp || call->call.surface == Surface::kPack;
    if (by_token && !holds_scope(credential, tool.tool.descriptor.scope, "kernel")) {
      refuse(call, 2, ErrorCode::kTokenScopeDenied, "token_scope:" + tool.tool.descriptor.scope,
             tool.tool.descriptor.name + " needs a token with the scope '" + tool.tool.descriptor.scope + "'");
      return false;
    }
    if (!tool.operator_key || credential.operator_key) return true;
    refuse(call, 2, ErrorCode::kTokenScopeDenied, "operator_key",
           call->tool->descriptor.name + " needs the workspace's operator key");
    return false;
  }
  const std::string& scope = call->tool->descriptor.scope;
  if (holds_scope(credential, scope, call->pack_id)) return true;
  refuse(call, 2, ErrorCode::kTokenScopeDenied, "token_scope:" + scope,
         call->tool->descriptor.name + " needs a token with the scope '" + scope + "'");
  return false;
}

// Stage 3.
bool Kernel::check_input(const CallPtr& call) {
  const json::Schema& schema = *call->tool->descriptor.input_validator;
  const std::optional<TapedStrand::SealedInput> sealed =
      tape_.replaying() ? taped_->replayed_input(*call) : std::nullopt;
  if (call->tool->input_rule) call->counted_input = call->tool->input_rule(call->call.input);
  std::vector<ErrorDetail> faults =
      sealed ? sealed->faults : schema.validate(call->counted_input ? *call->counted_input : call->call.input);
  if (sealed && faults.empty()) return true;
  const bool secrets_before = sealed && sealed->secrets;
  if ((faults.empty() || secrets_before) && stands_as_typed(*call, kernel_tools_)) {
    if (!secrets_before)
      for (std::string& place : places_of_secrets(call->call.input))
        faults.push_back({std::move(place), "looks like a credential"});
    if (!faults.empty()) {
      if (tape_.recording()) taped_->write_input(*call, faults, true);
      refuse(call, 3, ErrorCode::kInvalidInput, "secrets",
             "what is given to " + call->tool->descriptor.name +
                 " is kept and shown as it stands: leave out what looks like a credential",
             details_of(faults));
      return false;
    }
  }
  if (faults.empty()) {
    Result<std::string> text = json::canonical(call->call.input);
    if (text.ok()) {
      call->input_text = schema.has_write_only() ? redact(schema, call->call.input) : *std::move(text);
      call->input_hash = sha256(call->input_text);
      if (tape_.recording()) taped_->write_input(*call, {}, false);
      return true;
    }
    faults.push_back({"", text.error().message()});
  }
  if (tape_.recording()) taped_->write_input(*call, faults, false);
  refuse(call, 3, ErrorCode::kInvalidInput, "input_schema",
         "the input does not match the schema of " + call->tool->descriptor.name, details_of(faults));
  return false;
}

// Stage 4: every required scope must survive every layer.
bool Kernel::check_scopes(const CallPtr& call) {
  if (call->pack_id == "kernel") return true;
  const pack::ScopeVerdict verdict = grants_->scopes(*call->tool, call->call, tasks_);
  if (verdict.granted) return true;
  refuse(call, 4, ErrorCode::kScopeDenied, verdict.layer + ":" + verdict.scope,
         "layer '" + verdict.layer + "' does not grant " + verdict.scope + ", which " + call->tool->descriptor.name +
             " requires");
  return false;
}

// Stage 5.
bool Kernel::check_policy(const CallPtr& call) {
  const json::Value& input = call->counted_input ? *call->counted_input : call->call.input;
  const PolicyVerdict verdict =
      grants_->decide(*call->tool, call->call, input, tasks_, {call->session_pack, call->intent});
  call->policy = record_of(verdict);
  call->decision = verdict.decision;
  call->approvals = approvals_asked(*call->tool, verdict);
  if (!call->approvals.empty()) call->rules = rules_of(verdict);
  if (verdict.decision != Decision::kDeny) return true;  // stage 7 sees whether an approval is asked for
  refuse(call, 5, ErrorCode::kPolicyDenied, verdict.decided_by,
         "policy denies " + call->tool->descriptor.name + " (" + verdict.decided_by + ")" +
             (verdict.reason.empty() ? "" : ": " + verdict.reason));
  return false;
}

// Stage 6.
bool Kernel::check_idempotency(const CallPtr& call) {
  const std::string& key = call->call.idempotency_key;
  if (key.empty()) return true;
  if (key.size() > kIdempotencyKeyBytesMax) {
    refuse(call, 6, ErrorCode::kInvalidInput, "idempotency_key", "an idempotency key has at most 256 bytes");
    return false;
  }
  call->idempotency_hash =
      IdempotencyIndex::key_of(call->call.credential->subject.str(), call->tool->descriptor.name, key);
  if (tape_.live()) taped_->tape_idempotency_hash(*call);
  const auto conflict = [&] {
    refuse(call, 6, ErrorCode::kIdempotencyConflict, "idempotency_key",
           "this idempotency key was used with another input");
    return false;
  };
  if (const CallPtr first = running_.find_by_key(*call->idempotency_hash)) {
    if (first->input_hash != call->input_hash) return conflict();
    if (first->joined >= kWaitersMax) {
      refuse(call, 6, ErrorCode::kInProgress, "idempotency_key",
             "the call under this idempotency key is still running");
      return false;
    }
    ++first->joined;
    for (Completion& done : call->completions) first->completions.push_back(std::move(done));
    if (call->call.listener == nullptr) return false;
    first->watches.push_back(notices_.watch(first->receipt, *call->call.listener));
    if (first->launched)
      (*call->call.listener)({CallNotice::Kind::kStarted, first->receipt.str(), first->tool->descriptor.name});
    return false;
  }
  const auto record = idempotency_.find(*call->idempotency_hash, call->arrived);
  if (!record.ok()) {
    if (!batch_error_) batch_error_ = record.error();
    return true;  // the batch fails as a whole; nothing of it will be visible
  }
  if (!*record) return true;
  if ((*record)->input_hash != *call->input_hash) return conflict();
  replay(call, **record);
  return false;
}

// The recorded result again. The repetition is recorded as a call of its own; its answer names the first receipt.
void Kernel::replay(const CallPtr& call, const journal::IdempotencyRecord& record) {
  const ReceiptId first = journal::receipt_of_call_key(record.receipt);
  CallResult result;
  const auto undurable = undurable_results_.find(first.str());
  const auto parked = approvals_.find(first);
  if (undurable != undurable_results_.end()) {
    result = undurable->second;
  } else if (parked.ok() && *parked && (*parked)->state == journal::ParkedCall::State::kOpen) {
    result = pending_result(**parked);
  } else {
    const Result<journal::RecordedCall> recorded = reader_.call(first);
    if (recorded.ok() && recorded->result_let_go) {
      refuse(call, 6, ErrorCode::kRetentionEnded, "idempotency:" + first.str(),
             "the call under this idempotency key has ended, and its result is over its retention");
      return;
    }
    if (!recorded.ok() || !recorded->finished || recorded->body.result.empty()) {
      refuse(call, 6, ErrorCode::kInProgress, "idempotency:" + first.str(),
             "the result under this idempotency key is not at hand");
      return;
    }
    result.receipt = first;
    result.outcome = journal::outcome_from_name(json::string_or(*recorded->finished, "outcome", ""))
                         .value_or(journal::Outcome::kFailure);
    // A tool may use a name of the kernel's codes for a failure of its own; that is still its own.
    const bool tools_own = result.outcome == journal::Outcome::kFailure &&
                           json::string_or(*recorded->finished, "decided_by", "") == "tool";
    if (!tools_own) result.code = error_code_from_name(json::string_or(*recorded->finished, "code", ""));
    result.body = with_metadata(recorded->body.result, first, json::integer_or(*recorded->finished, "duration_us", 0));
  }
  result.replayed = true;
  call->idempotency_hash.reset();  // the record there is stays the record
  end_call(call, {.stage = 6,
                  .outcome = journal::Outcome::kSuccess,
                  .code = {},
                  .tool_code = {},
                  .decided_by = "idempotency:" + first.str(),
                  .message = {},
                  .details = {}});
  open_.answers.back().result = std::move(result);
}

// Stage 8: what has effects outside the journal is recorded as started before it runs; all else commits once, at its
// end.
void Kernel::start(const CallPtr& call) {
  const pack::ToolTraits traits = call->tool->traits;
  if (traits.store_only && traits.bounded) return run_on_strand(call);

  if (running_.count_of(call->tool->descriptor.name) >= options_.config.limits.concurrent_calls) {
    refuse(call, 8, ErrorCode::kRateLimited, "limits.concurrent_calls",
           call->tool->descriptor.name + " already has as many calls running as limits.concurrent_calls allows");
    return;
  }
  // Whose request is in the journal already is recorded as started too: until its end nothing else would say that it
  // ran.
  const bool has_effects = (!traits.store_only && call->tool->descriptor.permission != pack::Permission::kRead) ||
                           call->requested.value() != 0 || call->starts_durably;
  if (has_effects) {
    if (Status status = append_started(*call); !status.ok() && !batch_error_) batch_error_ = std::move(status).error();
  }
  if (has_effects) note_turn_runs(*call);
  call->enforced_scopes = grants_->enforced(call->tool, call->call, tasks_);
  call->cancelled = std::make_shared<Cancellation>();
  call->deadline = ports_.clock.monotonic() + std::chrono::milliseconds(call->tool->descriptor.timeout_ms);
  running_.add(call);
  open_.launches.push_back(call);
}

}  // namespace lumenflow::kernel
