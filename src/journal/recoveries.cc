#include "journal/recoveries.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "base/sha256.h"
#include "base/ulid.h"
#include "journal/tables.h"
#include "json/canonical.h"

namespace lumenflow::journal {
namespace {

constexpr std::string_view kRecoveryIdPrefix = "rec-";
constexpr std::size_t kReceiptPrefixBytes = 5;  // "rcpt-"
constexpr std::array<std::string_view, 3> kRecoveryStates = {"open", "confirmed", "nothing_to_do"};
constexpr std::int64_t kRecoveryFormat = 1;

template <std::size_t n>
std::optional<std::size_t> index_in(const std::array<std::string_view, n>& names, std::string_view name) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names.begin());
}

json::Value proposed_call(const Recovery& recovery) {
  if (recovery.call_tool.empty()) return {};
  return json::Object{{"tool", recovery.call_tool}, {"input", recovery.call_input}};
}

std::string canonical_text(json::Object object) {
  return *json::canonical(json::Value(std::move(object)));  // texts alone: it always has a form
}

std::string encode_recovery(const Recovery& recovery) {
  return json::serialize(json::Object{{"format", kRecoveryFormat},
                                      {"state", name(recovery.state)},
                                      {"cleanup_status", name(recovery.cleanup)},
                                      {"tool", recovery.tool},
                                      {"subject", recovery.subject},
                                      {"on_behalf_of", recovery.on_behalf_of},
                                      {"outcome", recovery.outcome},
                                      {"code", recovery.code},
                                      {"ended_at", recovery.ended_at.ms},
                                      {"log_id", recovery.log_id},
                                      {"action", recovery.action},
                                      {"call_tool", recovery.call_tool},
                                      {"call_input", recovery.call_input},
                                      {"input", recovery.input},
                                      {"sealed", recovery.sealed},
                                      {"digest", recovery.digest},
                                      {"confirmed_by", recovery.confirmed_by},
                                      {"reason", recovery.reason},
                                      {"confirmed_at", recovery.confirmed_at.ms},
                                      {"signature", recovery.signature},
                                      {"confirmation", recovery.confirmation},
                                      {"consent_used_at", recovery.consent_used_at.ms}});
}

Result<Recovery> decode_recovery(const ReceiptId& receipt, std::string_view text) {
  const Error damaged(ErrorCode::kJournalDamaged, "the record of the recovery of " + receipt.str() + " cannot be read");
  const Result<json::Value> value = json::parse(text, {.depth_max = 256});
  if (!value.ok() || json::integer_or(*value, "format", 0) > kRecoveryFormat) return damaged;
  const auto state = index_in(kRecoveryStates, json::string_or(*value, "state", ""));
  const std::optional<Cleanup> cleanup = cleanup_from_name(json::string_or(*value, "cleanup_status", ""));
  const json::Value* call_input = value->find("call_input");
  if (!state || !cleanup || call_input == nullptr) return damaged;
  const auto text_of = [&value](const char* member) { return std::string(json::string_or(*value, member, "")); };
  Recovery recovery;
  recovery.receipt = receipt;
  recovery.state = static_cast<Recovery::State>(*state);
  recovery.cleanup = *cleanup;
  recovery.tool = text_of("tool");
  recovery.subject = text_of("subject");
  recovery.on_behalf_of = text_of("on_behalf_of");
  recovery.outcome = text_of("outcome");
  recovery.code = text_of("code");
  recovery.ended_at = Timestamp{json::integer_or(*value, "ended_at", 0)};
  recovery.log_id = text_of("log_id");
  recovery.action = text_of("action");
  recovery.call_tool = text_of("call_tool");
  recovery.call_input = *call_input;
  recovery.input = text_of("input");
  recovery.sealed = json::boolean_or(*value, "sealed", false);
  recovery.digest = text_of("digest");
  recovery.confirmed_by = text_of("confirmed_by");
  recovery.reason = text_of("reason");
  recovery.confirmed_at = Timestamp{json::integer_or(*value, "confirmed_at", 0)};
  recovery.signature = text_of("signature");
  recovery.confirmation = text_of("confirmation");
  recovery.consent_used_at = Timestamp{json::integer_or(*value, "consent_used_at", 0)};
  return recovery;
}

}  // namespace

std::optional<Cleanup> cleanup_from_name(std::string_view name) {
  const auto index = index_in(kCleanups, name);
  return index ? std::optional(static_cast<Cleanup>(*index)) : std::nullopt;
}

std::string_view name(Recovery::State state) { return kRecoveryStates[static_cast<std::size_t>(state)]; }

std::string Recovery::recovery_id() const {
  return std::string(kRecoveryIdPrefix) + receipt.str().substr(kReceiptPrefixBytes);
}

std::optional<ReceiptId> receipt_of_recovery(std::string_view recovery_id) {
  if (!recovery_id.starts_with(kRecoveryIdPrefix)) return std::nullopt;
  std::string ulid(recovery_id.substr(kRecoveryIdPrefix.size()));
  for (char& c : ulid)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');  // as people type it
  const ReceiptId receipt("rcpt-" + ulid);
  return call_key(receipt) ? std::optional(receipt) : std::nullopt;
}

Result<std::string> recovery_digest(const Recovery& recovery) {
  LUMENFLOW_TRY_ASSIGN(const std::string text, json::canonical(json::Object{{"cleanup_status", name(recovery.cleanup)},
                                                                            {"log_id", recovery.log_id},
                                                                            {"receipt_id", recovery.receipt.str()},
                                                                            {"recovery_action", recovery.action},
                                                                            {"recovery_call", proposed_call(recovery)},
                                                                            {"recovery_id", recovery.recovery_id()}}));
  return sha256_hex(text);
}

std::string recovery_statement(const Recovery& recovery) {
  return canonical_text({{"purpose", "recovery"},
                         {"recovery_id", recovery.recovery_id()},
                         {"call_digest", recovery.digest},
                         {"decision", "confirm"},
                         {"decided_by", recovery.confirmed_by},
                         {"reason", recovery.reason},
                         {"decided_at", format_rfc3339(recovery.confirmed_at)}});
}

json::Object document_of(const Recovery& recovery) {
  json::Object document{{"recovery_id", recovery.recovery_id()},
                        {"receipt_id", recovery.receipt.str()},
                        {"state", name(recovery.state)},
                        {"cleanup_status", name(recovery.cleanup)},
                        {"tool", recovery.tool},
                        {"subject", recovery.subject},
                        {"outcome", recovery.outcome},
                        {"ended_at", format_rfc3339(recovery.ended_at)},
                        {"log_id", recovery.log_id},
                        {"call_digest", recovery.digest}};
  const auto text = [&document](const char* member, const std::string& value) {
    if (!value.empty()) document.set(member, value);
  };
  text("on_behalf_of", recovery.on_behalf_of);
  text("code", recovery.code);
  text("recovery_action", recovery.action);
  if (!recovery.call_tool.empty()) document.set("recovery_call", proposed_call(recovery));
  if (recovery.state == Recovery::State::kOpen) text("refused_receipt_id", recovery.confirmation);
  if (recovery.state != Recovery::State::kConfirmed) return document;
  text("confirmed_by", recovery.confirmed_by);
  text("reason", recovery.reason);
  text("confirmed_at", format_rfc3339(recovery.confirmed_at));
  text("confirmation_receipt_id", recovery.confirmation);
  return document;
}

std::string encode_confirmed(const Recovery& recovery) {
  json::Object entry{{"type", "recovery.confirmed"},
                     {"call_digest", recovery.digest},
                     {"decided_by", recovery.confirmed_by},
                     {"receipt_id", recovery.receipt.str()},
                     {"recovery_id", recovery.recovery_id()},
                     {"signature", recovery.signature},
                     {"ts", format_rfc3339(recovery.confirmed_at)}};
  if (!recovery.reason.empty()) entry.set("reason", recovery.reason);
  if (!recovery.confirmation.empty()) entry.set("confirmation_receipt_id", recovery.confirmation);
  return canonical_text(std::move(entry));
}

Result<std::optional<Recovery>> find_recovery(const log::TableReader& tables, const ReceiptId& receipt) {
  const std::optional<std::string> key = call_key(receipt);
  if (!key) return std::optional<Recovery>();
  LUMENFLOW_TRY_ASSIGN(const auto text, tables.get(kRecoveriesTable, *key));
  if (!text) return std::optional<Recovery>();
  LUMENFLOW_TRY_ASSIGN(Recovery recovery, decode_recovery(receipt, *text));
  return std::optional(std::move(recovery));
}

Result<RecoveryPage> list_recoveries(const log::TableReader& tables, bool all, std::string_view after,
                                     std::size_t limit) {
  RecoveryPage page;
  const auto table = all ? kRecoveriesTable : kOpenRecoveriesTable;
  LUMENFLOW_TRY_ASSIGN(const auto found, tables.scan(table, "", after, limit));
  for (const log::KeyValue& item : found) {
    if (item.key.size() != Ulid().bytes.size())
      return Error(ErrorCode::kJournalDamaged, "the table of recoveries has a malformed key");
    const ReceiptId receipt = receipt_of_call_key(item.key);
    LUMENFLOW_TRY_ASSIGN(std::optional<Recovery> recovery, find_recovery(tables, receipt));
    if (!recovery) return Error(ErrorCode::kJournalDamaged, "an open recovery has no record: " + receipt.str());
    page.items.push_back(*std::move(recovery));
  }
  if (found.size() == limit) page.next = found.back().key;
  return page;
}

Status put_recovery(log::Log& log, const Recovery& recovery) {
  const std::string key = *call_key(recovery.receipt);
  LUMENFLOW_TRY(log.put(kRecoveriesTable, key, encode_recovery(recovery)));
  if (recovery.state == Recovery::State::kOpen) return log.put(kOpenRecoveriesTable, key, "");
  return log.erase(kOpenRecoveriesTable, key);
}

}  // namespace lumenflow::journal
