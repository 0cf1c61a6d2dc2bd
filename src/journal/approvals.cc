#include "journal/approvals.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/encoding.h"
#include "base/ulid.h"
#include "journal/tables.h"
#include "json/canonical.h"

namespace lumenflow::journal {
namespace {

constexpr std::string_view kPrefix = "appr-";
constexpr std::string_view kReceiptIdPrefix = "rcpt-";
constexpr std::array<std::string_view, 5> kStates = {"open", "approved", "denied", "expired", "cancelled"};
constexpr std::int64_t kRecordFormat = 1;

Error damaged(const ReceiptId& receipt) {
  return Error(ErrorCode::kJournalDamaged, "the record of the parked call " + receipt.str() + " cannot be read");
}

std::string key_of(const ReceiptId& receipt) { return *call_key(receipt); }

std::string expiry_key(const ParkedCall& call) {
  return big_endian(static_cast<std::uint64_t>(call.expires_at.ms)) + key_of(call.receipt);
}

json::Array texts(const std::vector<std::string>& list) { return json::Array(list.begin(), list.end()); }

json::Value to_json(const ApprovalDecision& decision) {
  return json::Object{{"decision", decision.approve ? "approve" : "deny"},
                      {"decided_by", decision.decided_by},
                      {"reason", decision.reason},
                      {"decided_at", decision.decided_at.ms},
                      {"signature", decision.signature},
                      {"key", decision.key}};
}

std::string encode_record(const ParkedCall& call) {
  json::Array decisions;
  for (const ApprovalDecision& decision : call.decisions) decisions.push_back(to_json(decision));
  json::Object record{{"format", kRecordFormat},
                      {"state", name(call.state)},
                      {"decisions", std::move(decisions)},
                      {"covered", call.covered},
                      {"digest", call.digest},
                      {"requested", call.requested.value()},
                      {"tool", call.tool},
                      {"subject", call.subject},
                      {"on_behalf_of", call.on_behalf_of},
                      {"token_id", call.token_id},
                      {"scopes", texts(call.scopes)},
                      {"surface", call.surface},
                      {"traceparent", call.traceparent},
                      {"input", call.input},
                      {"sealed", call.sealed},
                      {"policy", call.policy},
                      {"handler_pack", call.handler_pack},
                      {"stream", call.stream},
                      {"event", call.event.value()},
                      {"approvals_needed", call.approvals_needed},
                      {"requested_at", call.requested_at.ms},
                      {"expires_at", call.expires_at.ms}};
  if (!call.session.empty()) record.set("session", call.session);
  if (!call.turn.empty()) record.set("turn", call.turn);
  return json::serialize(record);
}

Result<ParkedCall> decode_record(const ReceiptId& receipt, std::string_view text) {
  const Result<json::Value> read = json::parse(text, {.depth_max = 256});
  if (!read.ok() || json::integer_or(*read, "format", 0) > kRecordFormat) return damaged(receipt);
  const json::Value& value = *read;
  const auto state = std::ranges::find(kStates, json::string_or(value, "state", ""));
  const json::Value *decisions = value.find("decisions"), *scopes = value.find("scopes"),
                    *covered = value.find("covered");
  if (state == kStates.end() || decisions == nullptr || !decisions->is_array() || scopes == nullptr ||
      !scopes->is_array() || covered == nullptr)
    return damaged(receipt);
  ParkedCall call;
  call.receipt = receipt;
  call.state = static_cast<ParkedCall::State>(state - kStates.begin());
  for (const json::Value& decision : decisions->as_array())
    call.decisions.push_back(
        {json::string_or(decision, "decision", "") == "approve",
         std::string(json::string_or(decision, "decided_by", "")), std::string(json::string_or(decision, "reason", "")),
         Timestamp{json::integer_or(decision, "decided_at", 0)},
         std::string(json::string_or(decision, "signature", "")), std::string(json::string_or(decision, "key", ""))});
  for (const json::Value& scope : scopes->as_array())
    if (const std::string* text_of = scope.if_string()) call.scopes.push_back(*text_of);
  call.covered = *covered;
  call.digest = json::string_or(value, "digest", "");
  call.requested = Position(static_cast<std::uint64_t>(json::integer_or(value, "requested", 0)));
  call.tool = json::string_or(value, "tool", "");
  call.subject = json::string_or(value, "subject", "");
  call.on_behalf_of = json::string_or(value, "on_behalf_of", "");
  call.token_id = json::string_or(value, "token_id", "");
  call.surface = json::integer_or(value, "surface", 0);
  call.traceparent = json::string_or(value, "traceparent", "");
  call.input = json::string_or(value, "input", "");
  call.sealed = json::boolean_or(value, "sealed", false);
  call.policy = json::string_or(value, "policy", "");
  call.handler_pack = json::string_or(value, "handler_pack", "");
  call.stream = json::string_or(value, "stream", "");
  call.event = Position(static_cast<std::uint64_t>(json::integer_or(value, "event", 0)));
  call.session = json::string_or(value, "session", "");
  call.turn = json::string_or(value, "turn", "");
  call.approvals_needed = json::integer_or(value, "approvals_needed", 1);
  call.requested_at = Timestamp{json::integer_or(value, "requested_at", 0)};
  call.expires_at = Timestamp{json::integer_or(value, "expires_at", 0)};
  return call;
}

std::string canonical(json::Object object) {
  return *json::canonical(json::Value(std::move(object)));  // texts and times alone: it always has a form
}

Result<std::vector<ParkedCall>> open_ones(const log::TableReader& tables, const std::vector<log::KeyValue>& keys) {
  std::vector<ParkedCall> calls;
  for (const log::KeyValue& item : keys) {
    const ReceiptId receipt = receipt_of_call_key(std::string_view(item.key).substr(8));
    LUMENFLOW_TRY_ASSIGN(std::optional<ParkedCall> call, find_parked(tables, receipt));
    if (!call) return damaged(receipt);
    calls.push_back(*std::move(call));
  }
  return calls;
}

}  // namespace

std::string_view name(ParkedCall::State state) { return kStates[static_cast<std::size_t>(state)]; }

std::string ParkedCall::approval_id() const {
  return std::string(kPrefix) + receipt.str().substr(kReceiptIdPrefix.size());
}

std::optional<ReceiptId> receipt_of_approval(std::string_view approval_id) {
  if (!approval_id.starts_with(kPrefix)) return std::nullopt;
  const ReceiptId receipt(std::string(kReceiptIdPrefix) + std::string(approval_id.substr(kPrefix.size())));
  return call_key(receipt) ? std::optional(receipt) : std::nullopt;
}

std::string approval_statement(const ParkedCall& call, const ApprovalDecision& decision) {
  return canonical({{"purpose", "approval"},
                    {"approval_id", call.approval_id()},
                    {"call_digest", call.digest},
                    {"decision", decision.approve ? "approve" : "deny"},
                    {"decided_by", decision.decided_by},
                    {"reason", decision.reason},
                    {"decided_at", format_rfc3339(decision.decided_at)}});
}

Result<std::optional<ParkedCall>> find_parked(const log::TableReader& tables, const ReceiptId& receipt) {
  const std::optional<std::string> key = call_key(receipt);
  if (!key) return std::optional<ParkedCall>();
  LUMENFLOW_TRY_ASSIGN(const auto text, tables.get(kApprovalsTable, *key));
  if (!text) return std::optional<ParkedCall>();
  LUMENFLOW_TRY_ASSIGN(ParkedCall call, decode_record(receipt, *text));
  return std::optional(std::move(call));
}

Result<OpenApprovals> open_approvals(const log::TableReader& tables, std::string_view after, std::size_t limit) {
  OpenApprovals out;
  LUMENFLOW_TRY_ASSIGN(const auto keys, tables.scan(kApprovalExpiryTable, "", after, limit));
  LUMENFLOW_TRY_ASSIGN(out.items, open_ones(tables, keys));
  if (keys.size() == limit) out.next = keys.back().key;
  return out;
}

std::string encode_parked(const ParkedCall& call) {
  const json::Value* surfaces = call.covered.find("surfaces");
  return canonical({{"type", "call.parked"},
                    {"approval_id", call.approval_id()},
                    {"approvals_needed", call.approvals_needed},
                    {"call_digest", call.digest},
                    {"expires_at", format_rfc3339(call.expires_at)},
                    {"policy", call.policy},
                    {"receipt_id", call.receipt.str()},
                    {"surfaces", surfaces == nullptr ? json::Value(json::Array{}) : *surfaces},
                    {"ts", format_rfc3339(call.requested_at)}});
}

std::string encode_decided(const ParkedCall& call, const ApprovalDecision& decision) {
  json::Object entry{{"type", "call.decided"},
                     {"approval_id", call.approval_id()},
                     {"call_digest", call.digest},
                     {"decided_by", decision.decided_by},
                     {"decision", decision.approve ? "approve" : "deny"},
                     {"receipt_id", call.receipt.str()},
                     {"signature", decision.signature},
                     {"ts", format_rfc3339(decision.decided_at)}};
  if (!decision.reason.empty()) entry.set("reason", decision.reason);
  return canonical(std::move(entry));
}

Status Approvals::load() {
  next_expiry_.reset();
  LUMENFLOW_TRY_ASSIGN(const auto first, log_.tables().scan(kApprovalExpiryTable, "", "", 1));
  if (first.empty()) return {};
  const auto ms = from_big_endian(std::string_view(first.front().key).substr(0, 8));
  if (!ms) return Error(ErrorCode::kJournalDamaged, "the table of expiring approvals has a malformed key");
  next_expiry_ = Timestamp{static_cast<std::int64_t>(*ms)};
  return {};
}

Status Approvals::park(const ParkedCall& call) {
  LUMENFLOW_TRY(keep(call));
  LUMENFLOW_TRY(log_.put(kApprovalExpiryTable, expiry_key(call), ""));
  if (!next_expiry_ || call.expires_at < *next_expiry_) next_expiry_ = call.expires_at;
  return {};
}

Status Approvals::keep(const ParkedCall& call) {
  return log_.put(kApprovalsTable, key_of(call.receipt), encode_record(call));
}

Status Approvals::close(ParkedCall& call, ParkedCall::State state) {
  call.state = state;
  const std::string input = std::exchange(call.input, {});
  Status kept = keep(call);
  call.input = input;
  LUMENFLOW_TRY(std::move(kept));
  LUMENFLOW_TRY(log_.erase(kApprovalExpiryTable, expiry_key(call)));
  return load();
}

Result<std::optional<ParkedCall>> Approvals::find(const ReceiptId& receipt) const {
  return find_parked(log_.tables(), receipt);
}

Result<std::vector<ParkedCall>> Approvals::expired(Timestamp now, std::size_t limit) const {
  LUMENFLOW_TRY_ASSIGN(auto keys, log_.tables().scan(kApprovalExpiryTable, "", "", limit));
  const std::string end = big_endian(static_cast<std::uint64_t>(now.ms) + 1);
  std::erase_if(keys, [&end](const log::KeyValue& item) { return item.key >= end; });
  return open_ones(log_.tables(), keys);
}

}  // namespace lumenflow::journal
