// Stage 7: calls that need an approval wait for it, durably, and go on from stage 0 once somebody gave it.
//
// The record of a parked call is closed in the very commit in which the call goes on: what that commit does not hold is
// still parked, so that a call runs at most once whatever dies in between.
#include "kernel/approve.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "base/sealing.h"
#include "base/signing.h"
#include "journal/tables.h"
#include "json/canonical.h"
#include "kernel/accepted.h"
#include "kernel/approval_providers.h"
#include "kernel/commands.h"
#include "kernel/device_tools.h"
#include "kernel/granted.h"
#include "kernel/kernel.h"
#include "kernel/result_text.h"
#include "kernel/secret_keeper.h"
#include "kernel/taped_strand.h"

namespace lumenflow::kernel {
namespace {

using journal::ApprovalDecision;
using journal::ParkedCall;
using State = ParkedCall::State;

constexpr std::size_t kExpiredPerBatch = 64;
constexpr std::size_t kPreviewBytesMax = 64 * 1024;
constexpr std::chrono::minutes kClockLeeway{5};
constexpr std::string_view kRequested = "sidekick:approval_requested";

std::string sealing_key(const std::string& redaction_key) {
  return std::string(as_chars(hmac_sha256(redaction_key, "inputs of parked calls")));
}

pack::ToolError refused(ErrorCode code, std::string message, json::Value details = {}) {
  return {std::string(name(code)), std::move(message), std::move(details)};
}

// Who was first, for those who come later.
pack::ToolError already_decided(const ParkedCall& parked) {
  if (parked.state == State::kExpired)
    return refused(ErrorCode::kApprovalExpired, "nobody decided in time, which is a denial");
  if (parked.state == State::kCancelled)
    return refused(ErrorCode::kToolCancelled, "the call was cancelled while it waited");
  const ApprovalDecision& first = parked.decisions.back();
  return refused(
      ErrorCode::kAlreadyDecided, "this was decided before",
      json::Array{json::Object{{"pointer", ""},
                               {"reason", std::string(first.approve ? "approved" : "denied") + " by " +
                                              first.decided_by + " at " + format_rfc3339(first.decided_at)}}});
}

// A person's own call needs a second step of theirs; everybody else's another's. Who that is, the key says: one can
// have several names. `asker_key` is the thumbprint of the asker's own; empty: it has none.
bool may_decide(const ParkedCall& parked, const ApprovalDecision& decision, const std::string& asker_key,
                const std::string& workspace) {
  if (decision.decided_by != parked.subject && decision.key != asker_key) return true;
  return parked.approvals_needed == 1 && parked.subject.starts_with(workspace + ":local:");
}

// The call as it was parked, before its first stage.
CallPtr restore(const ParkedCall& parked, const KernelOptions& options, const Clock& clock) {
  auto call = std::make_shared<RunningCall>();  // shared: see CallPtr
  call->receipt = parked.receipt;
  journal::call_key(parked.receipt)->copy(reinterpret_cast<char*>(call->ulid.bytes.data()), call->ulid.bytes.size());
  auto credential = std::make_shared<Credential>();  // shared: see Call::credential
  credential->subject = Subject(parked.subject);
  credential->on_behalf_of = parked.on_behalf_of;
  credential->token_id = parked.token_id;  // a revoked one counts no more; one that has expired since does
  credential->scopes = parked.scopes;
  call->call.credential = std::move(credential);
  call->call.tool = parked.tool;
  call->call.surface = static_cast<Surface>(parked.surface);
  call->call.traceparent = parked.traceparent;
  call->call.session = parked.session;
  call->call.turn = parked.turn;
  const Result<std::string> text =
      parked.sealed ? unseal(parked.input, sealing_key(options.redaction_key)) : Result<std::string>(parked.input);
  if (text.ok())
    if (Result<json::Value> input = json::parse(*text, {.depth_max = 1'000}); input.ok())
      call->call.input = *std::move(input);
  call->arrived = clock.now();
  call->arrived_monotonic = clock.monotonic();
  call->registry = options.registry;
  call->requested = parked.requested;
  call->policy = parked.policy;
  if (const json::Value* summary = parked.covered.find("summary")) call->summary = *summary;
  return call;
}

ApprovalDecision decision_of(const Call& by, bool approve) {
  ApprovalDecision decision;
  decision.approve = approve;
  decision.decided_by = json::string_or(by.input, "decided_by", by.credential->subject.str());
  decision.reason = json::string_or(by.input, "reason", "");
  decision.signature = json::string_or(by.input, "signature", "");
  if (const auto at = parse_rfc3339(json::string_or(by.input, "decided_at", "")); at.ok()) decision.decided_at = *at;
  return decision;
}

// Why a decision does not count; `key` is the pinned one of whoever decides, empty: there is none.
std::optional<pack::ToolError> refusal_of(const ParkedCall& parked, const ApprovalDecision& decision,
                                          const std::string& key, const std::string& asker_key,
                                          const std::string& workspace, Timestamp now) {
  if (decision.decided_at > now + kClockLeeway || decision.decided_at + kClockLeeway < parked.requested_at)
    return refused(ErrorCode::kInvalidInput, "'decided_at' is not between the request and now");
  const std::optional<std::string> signature = from_base64url(decision.signature);
  if (!signature || key.empty() || !p256_verify(journal::approval_statement(parked, decision), *signature, key))
    return refused(ErrorCode::kUnauthenticated, "the decision is not signed by a key that this workspace has pinned");
  if (!may_decide(parked, decision, asker_key, workspace))
    return refused(ErrorCode::kTokenScopeDenied,
                   "whoever asks for an approval does not give it, under no name; it takes another person's key");
  if (std::ranges::find(parked.decisions, decision.key, &ApprovalDecision::key) != parked.decisions.end())
    return refused(ErrorCode::kAlreadyDecided,
                   "the key that signs this has approved it already; it takes another person's key too");
  return std::nullopt;
}

}  // namespace

Result<std::string> digest_of(const json::Value& covered) {
  LUMENFLOW_TRY_ASSIGN(const std::string text, json::canonical(covered));
  return sha256_hex(text);
}

// An event may not carry an input of any size; whoever decides finds all of it under the approval.
PendingEvent approval_requested(const ParkedCall& parked, const std::string& surface) {
  json::Value preview = parked.covered;
  if (const std::size_t bytes = json::serialize(preview).size(); bytes > kPreviewBytesMax)
    for (const char* key : {"input", "event", "summary"})
      if (preview.find(key) != nullptr)
        preview.as_object().set(key, json::Object{{"bytes_left_out", static_cast<std::uint64_t>(bytes)}});
  return {std::string(kRequested),
          json::Object{{"approval_id", parked.approval_id()},
                       {"receipt_id", parked.receipt.str()},
                       {"surface", surface},
                       {"tool_name", parked.tool},
                       {"call_digest", parked.digest},
                       {"preview", std::move(preview)},
                       {"requested_by", parked.subject},
                       {"expires_at", format_rfc3339(parked.expires_at)}},
          {}};
}

CallResult pending_result(const ParkedCall& parked) {
  CallResult result{parked.receipt, journal::Outcome::kPending, ErrorCode::kApprovalRequired, {}, false};
  const json::Object body{
      {"success", false},
      {"status", "pending_approval"},
      {"approval_id", parked.approval_id()},
      {"receipt_id", parked.receipt.str()},
      {"expires_at", format_rfc3339(parked.expires_at)},
      {"error", json::Object{{"code", name(ErrorCode::kApprovalRequired)},
                             {"message", "the call waits for an approval, " + parked.approval_id()}}},
      {"metadata", json::Object{{"receipt_id", parked.receipt.str()}, {"duration_ms", 0}}}};
  result.body = json::serialize(body);
  return result;
}

// Everything that makes it this call and no other.
json::Object Kernel::covered_by_digest(const RunningCall& call, const std::string& nonce, Timestamp expires_at,
                                       std::int64_t approvals) const {
  const std::optional<std::string> masked = input_without_secrets(call.input_text, options_.redaction_key);
  const pack::ActiveTool& tool = *call.tool;
  json::Array surfaces(call.approvals.begin(), call.approvals.end());
  json::Object covered{{"approvals", approvals},
                       {"expires_at", format_rfc3339(expires_at)},
                       {"input", *json::parse(masked ? *masked : call.input_text, {.depth_max = 256})},
                       {"log_id", ports_.log.head().log_id},
                       {"nonce", nonce},
                       {"pack_integrity", tool.pack == nullptr ? std::string() : tool.pack->origin.integrity},
                       {"rules", call.rules.is_null() ? json::Value(json::Array{}) : call.rules},
                       {"schema_digest", sha256_hex(json::serialize(tool.descriptor.input_schema))},
                       {"subject", call.call.credential->subject.str()},
                       {"surfaces", std::move(surfaces)},
                       {"tool", tool.descriptor.name}};
  if (call.summary) covered.set("summary", *call.summary);
  return covered;
}

bool Kernel::check_approval(const CallPtr& call) {
  if (call->parked == nullptr && call->approvals.empty()) return true;
  const auto deny = [&](std::string decided_by, std::string message) {
    refuse(call, 7, ErrorCode::kApprovalDenied, std::move(decided_by), std::move(message));
    return false;
  };
  const std::string& tool = call->tool->descriptor.name;
  if (call->parked != nullptr) {
    const ParkedCall& parked = *call->parked;
    const json::Value now = covered_by_digest(*call, std::string(json::string_or(parked.covered, "nonce", "")),
                                              parked.expires_at, parked.approvals_needed);
    const Result<std::string> digest = digest_of(now);
    if (digest.ok() && *digest == parked.digest) return true;
    return deny("approval:digest", tool + " is no longer what was approved: its rules, its pack or its schema changed");
  }
  const ApprovalTerms terms = approval_terms(options_.config, call->approvals);
  if (!terms.nobody.empty())
    return deny("approval:" + terms.nobody,
                tool + " needs the approval '" + terms.nobody + "', and nobody is asked for it");
  if (call->call.outer != nullptr && call->call.turn.empty())
    return deny("approval:" + call->approvals.front(),
                tool + " needs the approval '" + call->approvals.front() + "', and a call within a call does not wait");
  if (terms.automatic) {
    ParkedCall asked;
    asked.receipt = call->receipt;
    if (const auto digest = digest_of(covered_by_digest(*call, "", call->arrived + terms.expires, terms.approvals));
        digest.ok())
      asked.digest = *digest;
    call->decided = journal::encode_decided(asked, {true, "auto", {}, call->arrived, {}});
    return true;
  }
  // A recovery's call is durable in the commit that closes the recovery; what it does was confirmed.
  if (!call->tool->descriptor.summary.empty() && !call->summary && !call->starts_durably)
    ask_for_summary(call);
  else
    park(call, terms);
  return false;
}

void Kernel::park(const CallPtr& call, const ApprovalTerms& terms) {
  const Credential& credential = *call->call.credential;
  ParkedCall parked;
  parked.receipt = call->receipt;
  parked.requested_at = call->arrived;
  parked.expires_at = call->arrived + terms.expires;
  parked.approvals_needed = terms.approvals;
  parked.tool = call->tool->descriptor.name;
  parked.subject = credential.subject.str();
  parked.on_behalf_of = credential.on_behalf_of;
  parked.token_id = credential.token_id;
  parked.scopes = credential.scopes;
  parked.surface = static_cast<std::int64_t>(call->call.surface);
  parked.traceparent = call->call.traceparent;
  parked.policy = call->policy;
  parked.session = call->call.session;
  parked.turn = call->call.turn;
  parked.input = json::serialize(call->call.input);
  parked.sealed = call->tool->descriptor.input_validator->has_write_only() ||
                  input_without_secrets(call->input_text, options_.redaction_key).has_value();
  if (parked.sealed || tape_.live())
    parked.input = taped_->seal_text(parked.sealed, std::move(parked.input), sealing_key(options_.redaction_key));
  const std::array<std::uint8_t, 16> nonce = ports_.random.draw16();
  parked.covered = covered_by_digest(*call, to_hex(nonce), parked.expires_at, terms.approvals);

  const auto write = [&]() -> Status {
    LUMENFLOW_TRY_ASSIGN(parked.digest, digest_of(parked.covered));
    PendingEvent event = approval_requested(parked, call->approvals.front());
    LUMENFLOW_TRY_ASSIGN(Emission emission,
                         emitter_.emit(std::move(event), event::EventClass::kQueue, ports_.clock.now(), call->call));
    log::Row row;
    row.entries.push_back(requested_entry(*call));
    row.entries.push_back(journal::encode_parked(parked));
    if (emission.entry) row.entries.push_back(*std::move(emission.entry));
    LUMENFLOW_TRY_ASSIGN(row.body, journal::encode_body({call->input_text, {}}, ports_.blobs));
    LUMENFLOW_TRY_ASSIGN(parked.requested, append(std::move(row)));
    if (call->call.command.value() != 0) LUMENFLOW_TRY(commands_->recorded(*call));
    const std::string key(as_chars(call->ulid.bytes));
    LUMENFLOW_TRY(
        ports_.log.put(journal::kCallsTable, key, journal::encode(journal::CallPlaces{parked.requested, Position(0)})));
    if (call->idempotency_hash)
      LUMENFLOW_TRY(idempotency_.put(*call->idempotency_hash, {*call->input_hash, key}, call->arrived));
    return approvals_.park(parked);
  };
  if (Status status = write(); !status.ok() && !batch_error_) batch_error_ = std::move(status).error();
  CallResult result = pending_result(parked);
  if (call->idempotency_hash) undurable_results_.insert_or_assign(call->receipt.str(), result);
  open_.answers.push_back({call, std::move(result)});
}

// From stage 0 on, with the approval in hand; but the caller's rate is not asked twice, nor the idempotency key.
void Kernel::go_on(std::shared_ptr<const ParkedCall> parked) {
  if (!parked->handler_pack.empty()) {
    // One that is gone, or whose pack is another now, does not run; the approval is used up.
    if (!is_as_approved(*parked, *options_.registry)) return;
    Status status = redrive(parked->handler_pack, parked->stream, parked->event, true);
    if (!status.ok() && status.error().code() != ErrorCode::kNotFound && !batch_error_)
      batch_error_ = std::move(status).error();
    return;
  }
  const CallPtr call = restore(*parked, options_, ports_.clock);
  call->parked = std::move(parked);
  const bool may_run = check_orders(call) && resolve(call) && check_session(call) && authorise(call) &&
                       check_input(call) && check_scopes(call) && check_policy(call) && check_approval(call);
  if (may_run) start(call);
}

void Kernel::end_parked(ParkedCall& parked, ParkedCall::State state, CallEnd end) {
  if (!parked.handler_pack.empty()) {  // it stays a dead letter, as the pack's other ones
    open_.writes_more = true;
    if (Status status = approvals_.close(parked, state); !status.ok() && !batch_error_)
      batch_error_ = std::move(status).error();
    return;
  }
  const CallPtr call = restore(parked, options_, ports_.clock);
  const auto own = kernel_tools_.find(parked.tool);
  call->tool = own != kernel_tools_.end() ? &own->second->tool : options_.registry->find(parked.tool);
  if (call->tool != nullptr) {  // null: its pack is gone
    call->pack_id = call->tool->pack == nullptr ? "kernel" : std::string_view(call->tool->pack->manifest.id);
    if (const json::Value* input = parked.covered.find("input")) call->input_text = json::serialize(*input);
  }
  if (Status status = approvals_.close(parked, state); !status.ok() && !batch_error_)
    batch_error_ = std::move(status).error();
  end_call(call, std::move(end));
}

// Whether there was one that waits; an event that does stays a dead letter, for which there are commands of its own.
bool Kernel::cancel_parked(const ReceiptId& receipt, const CallEnd& end) {
  Result<std::optional<ParkedCall>> found = approvals_.find(receipt);
  if (!found.ok() || !*found || (*found)->state != State::kOpen || !(*found)->handler_pack.empty()) return false;
  CallEnd waiting = end;
  waiting.stage = 7;
  waiting.message = "the call was cancelled while it waited for an approval";
  end_parked(**found, State::kCancelled, std::move(waiting));
  return true;
}

void Kernel::expire_approvals() {
  const Timestamp now = ports_.clock.now();
  if (!approvals_.next_expiry() || *approvals_.next_expiry() > now || draining_ || !journal_available_ || batch_error_)
    return;
  Result<std::vector<ParkedCall>> expired = approvals_.expired(now, kExpiredPerBatch);
  if (!expired.ok()) {
    batch_error_ = expired.error();
    return;
  }
  for (ParkedCall& parked : *expired)
    end_parked(parked, State::kExpired,
               {.stage = 7,
                .outcome = journal::Outcome::kDenied,
                .code = ErrorCode::kApprovalExpired,
                .tool_code = {},
                .decided_by = "approval:expiry",
                .message = "nobody decided in time, which is a denial",
                .details = {}});
}

// The pinned key of whoever decides; empty: there is none that counts.
Result<std::string> Kernel::deciding_key(const std::string& decider, const Call& by, std::string_view scope) const {
  LUMENFLOW_TRY_ASSIGN(std::string key, device_key(ports_.log.tables(), options_.config.id.str(), decider));
  // The operator key is the console's: whose decision it signs is said by who sends it, not by what is sent.
  if (decider == by.credential->subject.str()) {
    if (key.empty()) key = operator_key_;
  } else if (!key.empty()) {
    LUMENFLOW_TRY_ASSIGN(const std::optional<Credential> granted, grant_of(ports_.log.tables(), decider));
    if (granted && !holds_scope(*granted, scope, ""))
      return Error(ErrorCode::kTokenScopeDenied, decider + " was not given " + std::string(scope) +
                                                     ", and nobody gives it that by sending its signature on");
  }
  return revoked(decider) ? std::string() : key;
}

// The thumbprint of the key that an asker signs with; empty: it has none.
Result<std::string> Kernel::key_of_asker(const std::string& asker) const {
  LUMENFLOW_TRY_ASSIGN(const std::string device, device_key(ports_.log.tables(), options_.config.id.str(), asker));
  if (!device.empty()) return thumbprint_of(device);
  return asker.starts_with(options_.config.id.str() + ":local:") ? thumbprint_of(operator_key_) : std::string();
}

pack::ToolResult Kernel::decide(const Call& by, bool approve) {
  const std::string approval_id(json::string_or(by.input, "approval_id", ""));
  const std::optional<ReceiptId> receipt = journal::receipt_of_approval(approval_id);
  Result<std::optional<ParkedCall>> found = std::optional<ParkedCall>();
  if (receipt) found = approvals_.find(*receipt);
  if (!found.ok()) return refused(found.error().code(), found.error().message());
  if (!*found) return refused(ErrorCode::kNotFound, "no call waits for the approval '" + approval_id + "'");
  ParkedCall& parked = **found;
  if (parked.state != State::kOpen) return already_decided(parked);

  ApprovalDecision decision = decision_of(by, approve);
  const Result<std::string> key = deciding_key(decision.decided_by, by, "approvals:decide");
  if (!key.ok()) return refused(key.error().code(), key.error().message());
  decision.key = thumbprint_of(*key);
  const Result<std::string> asker_key = key_of_asker(parked.subject);
  if (!asker_key.ok()) return refused(asker_key.error().code(), asker_key.error().message());
  std::erase_if(parked.decisions, [this](const ApprovalDecision& each) { return revoked(each.decided_by); });
  const Timestamp now = ports_.clock.now();
  if (auto refusal = refusal_of(parked, decision, *key, *asker_key, options_.config.id.str(), now))
    return *std::move(refusal);
  if (parked.expires_at <= now) {
    expire_approvals();
    return refused(ErrorCode::kApprovalExpired, "nobody decided in time, which is a denial");
  }

  log::Row row;
  row.entries.push_back(journal::encode_decided(parked, decision));
  if (Result<Position> at = append(std::move(row)); !at.ok() && !batch_error_) batch_error_ = at.error();
  parked.decisions.push_back(decision);
  const auto given = static_cast<std::int64_t>(parked.decisions.size());
  Status status;
  if (!approve) {
    end_parked(
        parked, State::kDenied,
        {.stage = 7,
         .outcome = journal::Outcome::kDenied,
         .code = ErrorCode::kApprovalDenied,
         .tool_code = {},
         .decided_by = "approval:" + decision.decided_by,
         .message = decision.reason.empty() ? "the approval was denied" : "the approval was denied: " + decision.reason,
         .details = {}});
  } else if (given >= parked.approvals_needed) {
    status = approvals_.close(parked, State::kApproved);
    go_on(std::make_shared<const ParkedCall>(parked));  // shared: see RunningCall::parked
  } else {
    status = approvals_.keep(parked);
  }
  if (!status.ok() && !batch_error_) batch_error_ = std::move(status).error();
  return pack::ToolOutput{json::Object{{"approval_id", approval_id},
                                       {"receipt_id", parked.receipt.str()},
                                       {"decision", approve ? "approve" : "deny"},
                                       {"state", journal::name(parked.state)},
                                       {"approvals", given},
                                       {"approvals_needed", parked.approvals_needed}},
                          {}};
}

}  // namespace lumenflow::kernel
