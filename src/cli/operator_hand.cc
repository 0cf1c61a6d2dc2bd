#include "cli/operator_hand.h"

#include <utility>

#include "base/encoding.h"
#include "base/signing.h"
#include "journal/approvals.h"
#include "journal/recoveries.h"

namespace lumenflow::cli {
namespace {

Result<json::Value> input_of(const char* member, const std::string& id, const Decided& decided,
                             const std::string& statement, const std::string& key) {
  LUMENFLOW_TRY_ASSIGN(const std::string signature, p256_sign(statement, key));
  json::Object input{{member, id}, {"decided_at", format_rfc3339(decided.at)}, {"signature", to_base64url(signature)}};
  if (!decided.reason.empty()) input.set("reason", decided.reason);
  return json::Value(std::move(input));
}

}  // namespace

Result<json::Value> signed_decision(const json::Value& shown, const Decided& decided, const std::string& key) {
  const std::string id(json::string_or(shown, "approval_id", ""));
  const auto receipt = journal::receipt_of_approval(id);
  if (!receipt) return Error(ErrorCode::kNotFound, "'" + id + "' is no approval's id");
  journal::ParkedCall parked;
  parked.receipt = *receipt;
  parked.digest = json::string_or(shown, "call_digest", "");
  const journal::ApprovalDecision decision{
      decided.approve, std::string(json::string_or(shown, "decider", "")), decided.reason, decided.at, {}};
  return input_of("approval_id", id, decided, journal::approval_statement(parked, decision), key);
}

Result<json::Value> signed_consent(const json::Value& shown, const Decided& decided, const std::string& key) {
  const std::string id(json::string_or(shown, "recovery_id", ""));
  const auto receipt = journal::receipt_of_recovery(id);
  if (!receipt) return Error(ErrorCode::kNotFound, "'" + id + "' is no recovery's id");
  journal::Recovery recovery;
  recovery.receipt = *receipt;
  recovery.digest = json::string_or(shown, "call_digest", "");
  recovery.confirmed_by = json::string_or(shown, "decider", "");
  recovery.reason = decided.reason;
  recovery.confirmed_at = decided.at;
  return input_of("recovery_id", id, decided, journal::recovery_statement(recovery), key);
}

}  // namespace lumenflow::cli
