// Recovery: what is recorded of calls that left something behind, and the confirmations that let a proposal run.
//
// A proposal is data. The one place that reads it in order to act is confirm(), which checks the consent and makes a
// call of it that passes every stage, in the commit that closes the record: it runs at most once whatever dies.
#include "kernel/recover.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "base/encoding.h"
#include "base/sealing.h"
#include "base/signing.h"
#include "kernel/device_tools.h"
#include "kernel/granted.h"
#include "kernel/kernel.h"
#include "kernel/secret_keeper.h"
#include "kernel/taped_strand.h"

namespace lumenflow::kernel {
namespace {

using journal::Cleanup;
using journal::Recovery;

constexpr std::size_t kActionBytesMax = 4'096;
constexpr std::size_t kProposalBytesMax = 64 * 1024;
constexpr std::chrono::minutes kConfirmLeeway{5};
constexpr std::size_t kProposedWithinMax = 64;
constexpr std::array<std::string_view, 4> kReported = {"cleanup_status", "recovery_action", "recovery_call",
                                                       "recovery_id"};

std::string proposal_key(const std::string& redaction_key) {
  return std::string(as_chars(hmac_sha256(redaction_key, "inputs of recovery calls")));
}

// A person reads it; what looks like a credential they need not.
std::string shown_action(const std::string& action) {
  const std::string text = json::serialize(json::Value(std::string(clip_utf8(action, kActionBytesMax))));
  const std::optional<std::string> masked = failure_without_secrets(text);
  const Result<json::Value> read = json::parse(masked ? *masked : text);
  return read.ok() && read->is_string() ? read->as_string() : std::string();
}

pack::ToolError refused_because(ErrorCode code, std::string message) {
  return {std::string(name(code)), std::move(message), {}};
}

pack::ToolError confirmed_before(const Recovery& first) {
  std::string reason = "confirmed by " + first.confirmed_by + " at " + format_rfc3339(first.confirmed_at);
  if (!first.confirmation.empty()) reason += "; what became of it is at " + first.confirmation;
  return refused_because(ErrorCode::kAlreadyDecided, "this was " + reason);
}

pack::ToolError used_before(const Recovery& open) {
  return refused_because(ErrorCode::kAlreadyDecided, "the consent given at " + format_rfc3339(open.consent_used_at) +
                                                         " was used, and what it called was refused (" +
                                                         open.confirmation + "); it takes one that is given later");
}

// What the proposed call was told, which then did not begin.
pack::ToolError refusal_of_proposal(const Recovery& open, const CallEnd& refusal) {
  return {std::string(name(*refusal.code)),
          open.call_tool + ", which the recovery proposes, was refused: " + refusal.message +
              "; the recovery stays open (`lumenflow audit show " + open.confirmation + "`)",
          refusal.details};
}

// What the members that are the kernel's own say where there is no record of it.
void strip_reported(json::Value& details) {
  if (!details.is_object()) return;
  json::Object kept;
  for (const json::Member& member : details.as_object())
    if (std::ranges::find(kReported, member.key) == kReported.end()) kept.set(member.key, member.value);
  details = std::move(kept);
}

// A call that was made within this one has left a recovery that proposes the same: that one is confirmed.
void leave_to_inner(const RunningCall& call, const Recovery& recovery, CleanupReport& report) {
  const auto same = std::ranges::find_if(call.proposed_within, [&](const Proposed& inner) {
    return inner.tool == report.tool && inner.input == report.input;
  });
  if (report.tool.empty() || same == call.proposed_within.end()) return;
  const std::string confirm = "lumenflow recover confirm " + same->recovery_id;
  report.tool.clear();
  report.action = recovery.cleanup == Cleanup::kNeedsRecovery
                      ? confirm
                      : "`" + confirm + "` makes the call that repairs it. " + report.action;
}

// Whoever confirms acts with what they hold. Where another carries their consent, that one's token bounds it.
// With the rights of whoever sends the consent; of a device that somebody else sends it for, those that both have.
Result<std::shared_ptr<const Credential>> acting_as(const Recovery& recovery, const Call& by,
                                                    const log::TableReader& tables) {
  auto credential = std::make_shared<Credential>(*by.credential);  // shared: see Call::credential
  credential->subject = Subject(recovery.confirmed_by);
  if (credential->subject != by.credential->subject) {
    LUMENFLOW_TRY_ASSIGN(const std::optional<Credential> granted, grant_of(tables, recovery.confirmed_by));
    if (granted) credential->scopes = common_scopes(*granted, *by.credential);
  }
  credential->operator_key = false;  // that was for the confirmation
  return std::shared_ptr<const Credential>(std::move(credential));
}

pack::ToolOutput confirmation_of(const Recovery& recovery) {
  json::Object data{{"recovery_id", recovery.recovery_id()},
                    {"receipt_id", recovery.receipt.str()},
                    {"state", journal::name(recovery.state)},
                    {"confirmed_by", recovery.confirmed_by}};
  if (!recovery.confirmation.empty()) data.set("confirmation_receipt_id", recovery.confirmation);
  return {std::move(data), {}};
}

}  // namespace

std::optional<CleanupReport> cleanup_report(const json::Value& details) {
  const json::Value* status = details.is_object() ? details.find("cleanup_status") : nullptr;
  if (status == nullptr) return std::nullopt;
  CleanupReport report;
  if (const std::string* named = status->if_string())
    report.status = journal::cleanup_from_name(*named).value_or(Cleanup::kNeedsRecovery);
  report.action = json::string_or(details, "recovery_action", "");
  const json::Value* call = details.find("recovery_call");
  if (call == nullptr || !call->is_object() || report.status == Cleanup::kClean) return report;
  const json::Value* input = call->find("input");
  if (input != nullptr && !input->is_object()) return report;
  report.tool = json::string_or(*call, "tool", "");
  report.input = input == nullptr ? json::Value(json::Object{}) : *input;
  if (report.tool.size() + json::serialize(report.input).size() > kProposalBytesMax) report.tool.clear();
  return report;
}

Cleanup cleanup_by_end(const RunningCall& call, const CallEnd& end) {
  if (end.outcome == journal::Outcome::kUnknown) return Cleanup::kNeedsRecovery;
  const bool answered_for = !end.code;  // the tool itself said that it failed
  const bool no_effect =
      end.no_effect || end.outcome == journal::Outcome::kSuccess || end.outcome == journal::Outcome::kCrashed;
  if (!call.opened_turn.empty()) return Cleanup::kClean;  // what its calls have left is known (begin_turns_end)
  if (!call.launched || call.tool == nullptr || answered_for || no_effect) return Cleanup::kClean;
  const pack::ToolDescriptor& tool = call.tool->descriptor;
  const bool repeatable = tool.idempotent || tool.permission == pack::Permission::kRead;
  return repeatable || call.tool->traits.store_only ? Cleanup::kClean : Cleanup::kNeedsRecovery;
}

std::string default_action(const Recovery& recovery) {
  if (recovery.cleanup == Cleanup::kClean) return {};
  if (recovery.cleanup == Cleanup::kPartial) return "Look at what " + recovery.tool + " changed, and complete it.";
  return "lumenflow audit show " + recovery.receipt.str();
}

json::Value details_with(const json::Value& details, const Recovery& recovery) {
  const std::string status(journal::name(recovery.cleanup));
  json::Value said = details;
  strip_reported(said);
  json::Object out;
  if (said.is_object())
    out = std::move(said.as_object());
  else if (!said.is_null())
    out.set(said.is_array() ? "faults" : "details", std::move(said));  // faults: each with its place
  out.set("cleanup_status", status);
  out.set("recovery_id", recovery.recovery_id());
  if (!recovery.action.empty()) out.set("recovery_action", recovery.action);
  if (!recovery.call_tool.empty())
    out.set("recovery_call", json::Object{{"tool", recovery.call_tool}, {"input", recovery.call_input}});
  return out;
}

// As it may be shown: nothing when it could not be a call of this tool, or must not be proposed.
std::optional<json::Value> Kernel::shown_proposal(const std::string& tool_name, const json::Value& input) const {
  const auto own = kernel_tools_.find(tool_name);
  if (own != kernel_tools_.end() && !own->second->for_packs) return std::nullopt;  // packs reach no more of the kernel
  const pack::ActiveTool* tool = own != kernel_tools_.end() ? &own->second->tool : options_.registry->find(tool_name);
  const bool has_secrets = tool != nullptr && tool->descriptor.input_validator->has_write_only();
  std::string text = has_secrets ? redact(*tool->descriptor.input_validator, input) : json::serialize(input);
  if (auto masked = input_without_secrets(text, options_.redaction_key)) text = *std::move(masked);
  Result<json::Value> shown = json::parse(text, {.depth_max = 256});
  return shown.ok() ? std::optional(*std::move(shown)) : std::nullopt;
}

void Kernel::complete_recovery(Recovery& recovery, const CleanupReport& report) {
  recovery.ended_at = ports_.clock.now();
  recovery.log_id = ports_.log.head().log_id;
  recovery.state = recovery.cleanup == Cleanup::kClean ? Recovery::State::kNothingToDo : Recovery::State::kOpen;
  recovery.action = shown_action(report.action);
  if (recovery.action.empty()) recovery.action = default_action(recovery);
  const std::optional<json::Value> shown =
      report.tool.empty() ? std::nullopt : shown_proposal(report.tool, report.input);
  if (shown) {
    recovery.call_tool = report.tool;
    recovery.call_input = *shown;
    recovery.input = json::serialize(report.input);
    recovery.sealed = *shown != report.input;
    if (recovery.sealed || tape_.live())
      recovery.input =
          taped_->seal_text(recovery.sealed, std::move(recovery.input), proposal_key(options_.redaction_key));
  }
  Result<std::string> digest = journal::recovery_digest(recovery);
  if (!digest.ok()) {  // not what JSON can hold: it could not be consented to
    recovery.call_tool.clear();
    recovery.call_input = {};
    recovery.input.clear();
    recovery.action = default_action(recovery);
    digest = journal::recovery_digest(recovery);
  }
  if (digest.ok()) recovery.digest = *std::move(digest);
}

// Also says it in the call's error. Nothing for a call that left nothing behind and says nothing of it.
std::optional<Recovery> Kernel::recovery_of(RunningCall& call, CallEnd& end) {
  std::optional<CleanupReport> report;
  if (!end.code && !end.tool_code.empty() && call.pack_id != "kernel") report = cleanup_report(end.details);
  Recovery recovery;
  recovery.cleanup = std::max({report ? report->status : Cleanup::kClean, cleanup_by_end(call, end), call.left_behind});
  call.left_behind = recovery.cleanup;
  const CallPtr outer = call.call.outer != nullptr ? running_.find(call.call.outer->receipt) : nullptr;
  if (outer != nullptr) {
    outer->left_behind = std::max(outer->left_behind, recovery.cleanup);
    std::ranges::copy(call.proposed_within, std::back_inserter(outer->proposed_within));
  }
  if (!report && recovery.cleanup == Cleanup::kClean) {
    if (!end.code && call.pack_id != "kernel") strip_reported(end.details);
    return std::nullopt;
  }
  recovery.receipt = call.receipt;
  recovery.tool = call.tool->descriptor.name;
  recovery.subject = call.call.credential->subject.str();
  recovery.on_behalf_of = call.call.credential->on_behalf_of;
  recovery.outcome = journal::name(end.outcome);
  recovery.code = end.code ? name(*end.code) : std::string_view(end.tool_code);
  CleanupReport said = report.value_or(CleanupReport());
  leave_to_inner(call, recovery, said);
  complete_recovery(recovery, said);
  if (outer != nullptr && !recovery.call_tool.empty() && outer->proposed_within.size() < kProposedWithinMax)
    outer->proposed_within.push_back({recovery.recovery_id(), said.tool, said.input});
  end.details = details_with(end.details, recovery);
  return recovery;
}

// Of a call that a process had started which is gone. Its pack may say what would mend it; that it needs mending is
// so whatever the pack says.
Recovery Kernel::recovery_of_unknown(const ReceiptId& receipt, const std::string& tool_name, const json::Value& said) {
  Recovery recovery;
  recovery.receipt = receipt;
  recovery.cleanup = Cleanup::kNeedsRecovery;
  recovery.tool = tool_name;
  if (const Result<journal::RecordedCall> call = reader_.call(receipt); call.ok()) {  // else it is damaged
    recovery.subject = json::string_or(call->requested, "subject", "");
    recovery.on_behalf_of = json::string_or(call->requested, "on_behalf_of", "");
  }
  recovery.outcome = journal::name(journal::Outcome::kUnknown);
  recovery.code = name(ErrorCode::kToolCrashed);
  complete_recovery(recovery, cleanup_report(said).value_or(CleanupReport()));
  return recovery;
}

// What was proposed, as it was, if it is still what the record shows.
Result<json::Value> Kernel::proposal_of(const Recovery& recovery) const {
  if (recovery.sealed && tape_.replays()) return recovery.call_input;  // the call's own input is on the tape
  const Result<std::string> text = recovery.sealed ? unseal(recovery.input, proposal_key(options_.redaction_key))
                                                   : Result<std::string>(recovery.input);
  Result<json::Value> input = text.ok() ? json::parse(*text, {.depth_max = 256}) : Result<json::Value>(text.error());
  const Result<std::string> digest = journal::recovery_digest(recovery);
  if (input.ok() && digest.ok() && *digest == recovery.digest &&
      shown_proposal(recovery.call_tool, *input) == recovery.call_input)
    return input;
  return Error(ErrorCode::kConflict, "what is proposed can no longer be called as it is shown: " + recovery.call_tool +
                                         " has changed since; call it yourself");
}

pack::ToolResult Kernel::confirm(const Call& by) {
  const std::string id(json::string_or(by.input, "recovery_id", ""));
  const std::optional<ReceiptId> receipt = journal::receipt_of_recovery(id);
  Result<std::optional<Recovery>> found = std::optional<Recovery>();
  if (receipt) found = journal::find_recovery(ports_.log.tables(), *receipt);
  if (!found.ok()) return refused(found.error());
  if (!*found) return refused_because(ErrorCode::kNotFound, "there is no recovery '" + id + "'");
  Recovery& recovery = **found;
  if (recovery.state == Recovery::State::kConfirmed) return confirmed_before(recovery);
  if (recovery.state == Recovery::State::kNothingToDo)
    return refused_because(ErrorCode::kConflict, "the call left nothing behind: there is nothing to confirm");

  const Recovery open = recovery;
  recovery.confirmed_by = json::string_or(by.input, "decided_by", by.credential->subject.str());
  recovery.reason = json::string_or(by.input, "reason", "");
  recovery.signature = json::string_or(by.input, "signature", "");
  if (const auto at = parse_rfc3339(json::string_or(by.input, "decided_at", "")); at.ok()) recovery.confirmed_at = *at;
  const Timestamp now = ports_.clock.now();
  if (recovery.confirmed_at > now + kConfirmLeeway || recovery.confirmed_at + kConfirmLeeway < recovery.ended_at)
    return refused_because(ErrorCode::kInvalidInput, "'decided_at' is not between the end of the call and now");
  const Result<std::string> key = deciding_key(recovery.confirmed_by, by, "recovery:confirm");
  if (!key.ok()) return refused(key.error());
  const std::optional<std::string> signature = from_base64url(recovery.signature);
  if (!signature || key->empty() || !p256_verify(journal::recovery_statement(recovery), *signature, *key))
    return refused_because(ErrorCode::kUnauthenticated,
                           "the consent is not signed by a key that this workspace has pinned");
  if (recovery.confirmed_at <= open.consent_used_at) return used_before(open);
  json::Value input;
  if (!recovery.call_tool.empty()) {
    Result<json::Value> proposed = proposal_of(recovery);
    if (!proposed.ok()) return refused(proposed.error());
    input = *std::move(proposed);
  }
  return carry_out(open, recovery, std::move(input), by);
}

// Makes the call from its first stage on, and closes the record in the same commit. One that is refused before it
// begins leaves the record open, for a later consent: this one is used up either way.
pack::ToolResult Kernel::carry_out(const Recovery& open, Recovery confirmed, json::Value input, const Call& by) {
  CallPtr call;
  if (!confirmed.call_tool.empty()) {
    Result<std::shared_ptr<const Credential>> credential = acting_as(confirmed, by, ports_.log.tables());
    if (!credential.ok()) return refused(credential.error());
    CallArrived arrived;
    arrived.call.tool = confirmed.call_tool;
    arrived.call.input = std::move(input);
    arrived.call.credential = *std::move(credential);
    arrived.call.surface = by.surface;
    arrived.call.traceparent = by.traceparent;
    arrived.call.recovery = confirmed.recovery_id();
    call = accept(std::move(arrived));
    call->starts_durably = true;
    confirmed.confirmation = call->receipt.str();
    pass_stages(call);
  }
  const auto keep = [this](Status status) {
    if (!status.ok() && !batch_error_) batch_error_ = std::move(status).error();
  };
  if (call != nullptr && call->refusal != nullptr) {
    Recovery still = open;
    still.confirmation = confirmed.confirmation;
    still.consent_used_at = confirmed.confirmed_at;
    keep(journal::put_recovery(ports_.log, still));
    return refusal_of_proposal(still, *call->refusal);
  }
  confirmed.state = Recovery::State::kConfirmed;
  confirmed.input.clear();
  log::Row row;
  row.entries.push_back(journal::encode_confirmed(confirmed));
  const Result<Position> at = append(std::move(row));
  keep(at.ok() ? journal::put_recovery(ports_.log, confirmed) : Status(at.error()));
  return confirmation_of(confirmed);
}

}  // namespace lumenflow::kernel
