#include "kernel/sessions.h"

#include <algorithm>
#include <utility>

#include "journal/tables.h"
#include "lumenflow/json.h"

namespace lumenflow::kernel {
namespace {

constexpr std::size_t kIdBytesMax = 64;
constexpr std::string_view kTurnPrefix = "t-", kReceiptPrefix = "rcpt-";

std::string session_key(std::string_view id) { return journal::store_key("kernel", "session/" + std::string(id)); }
std::string turn_key(std::string_view id) { return journal::store_key("kernel", "turn/" + std::string(id)); }

Result<std::optional<json::Value>> read(const log::TableReader& tables, const std::string& key) {
  LUMENFLOW_TRY_ASSIGN(const auto text, tables.get(journal::kStoreTable, key));
  if (!text) return std::optional<json::Value>();
  Result<json::Value> value = json::parse(*text);
  if (!value.ok()) return Error(ErrorCode::kJournalDamaged, "the record of a session or turn cannot be read");
  return std::optional(*std::move(value));
}

std::string member_text(const json::Value& record, std::string_view key) {
  return std::string(json::string_or(record, key, ""));
}

std::uint64_t count_of(const json::Value& record, std::string_view key) {
  return static_cast<std::uint64_t>(json::integer_or(record, key, 0));
}

}  // namespace

bool is_session_id(std::string_view id) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  return !id.empty() && id.size() <= kIdBytesMax && plain(id.front()) &&
         std::ranges::all_of(id, [&](char c) { return plain(c) || c == '.' || c == '_' || c == '-'; });
}

std::string turn_id_of(const ReceiptId& receipt) {
  return std::string(kTurnPrefix) + receipt.str().substr(kReceiptPrefix.size());
}

std::optional<ReceiptId> receipt_of_turn(std::string_view turn_id) {
  if (!turn_id.starts_with(kTurnPrefix)) return std::nullopt;
  ReceiptId receipt(std::string(kReceiptPrefix) + std::string(turn_id.substr(kTurnPrefix.size())));
  if (!journal::call_key(receipt)) return std::nullopt;
  return receipt;
}

std::string turn_subject(std::string_view workspace, std::string_view turn_id) {
  return std::string(workspace).append(":turn:").append(turn_id);
}

std::optional<std::string> turn_of_subject(std::string_view workspace, std::string_view subject) {
  const std::string prefix = turn_subject(workspace, "");
  if (!subject.starts_with(prefix)) return std::nullopt;
  return std::string(subject.substr(prefix.size()));
}

journal::Cleanup cleanup_of(const TurnState& turn) {
  return std::max(turn.left_behind, turn.changed ? journal::Cleanup::kPartial : journal::Cleanup::kClean);
}

Result<std::optional<Session>> find_session(const log::TableReader& tables, std::string_view id) {
  if (!is_session_id(id)) return std::optional<Session>();
  LUMENFLOW_TRY_ASSIGN(const auto record, read(tables, session_key(id)));
  if (!record) return std::optional<Session>();
  Session session;
  session.id = id;
  session.pack = member_text(*record, "pack");
  session.holder = member_text(*record, "holder");
  session.on_behalf_of = member_text(*record, "on_behalf_of");
  session.token_id = member_text(*record, "token_id");
  if (const json::Value* scopes = record->find("scopes"); scopes != nullptr && scopes->is_array())
    for (const json::Value& scope : scopes->as_array())
      if (const std::string* text = scope.if_string()) session.scopes.push_back(*text);
  session.intent = member_text(*record, "intent");
  session.turns = count_of(*record, "turns");
  session.tool_calls = count_of(*record, "tool_calls");
  session.turns_max = count_of(*record, "turns_max");
  session.tool_calls_max = count_of(*record, "tool_calls_max");
  session.timer = member_text(*record, "timer");
  session.opened_at = Timestamp{json::integer_or(*record, "opened_at", 0)};
  return std::optional(std::move(session));
}

Status put_session(log::Log& log, const Session& session) {
  const json::Object record{{"pack", session.pack},
                            {"holder", session.holder},
                            {"on_behalf_of", session.on_behalf_of},
                            {"token_id", session.token_id},
                            {"scopes", json::Array(session.scopes.begin(), session.scopes.end())},
                            {"intent", session.intent},
                            {"turns", session.turns},
                            {"tool_calls", session.tool_calls},
                            {"turns_max", session.turns_max},
                            {"tool_calls_max", session.tool_calls_max},
                            {"timer", session.timer},
                            {"opened_at", session.opened_at.ms}};
  return log.put(journal::kStoreTable, session_key(session.id), json::serialize(record));
}

Result<std::optional<TurnState>> find_turn(const log::TableReader& tables, std::string_view turn_id) {
  if (!receipt_of_turn(turn_id)) return std::optional<TurnState>();
  LUMENFLOW_TRY_ASSIGN(const auto record, read(tables, turn_key(turn_id)));
  if (!record) return std::optional<TurnState>();
  TurnState turn;
  turn.id = turn_id;
  turn.session_id = member_text(*record, "session_id");
  turn.pack = member_text(*record, "pack");
  turn.tool_calls = count_of(*record, "tool_calls");
  turn.changed = json::boolean_or(*record, "changed", false);
  turn.left_behind =
      journal::cleanup_from_name(member_text(*record, "left_behind")).value_or(journal::Cleanup::kNeedsRecovery);
  turn.running = member_text(*record, "running");
  turn.aborted = json::boolean_or(*record, "aborted", false);
  turn.code = member_text(*record, "code");
  turn.action = member_text(*record, "action");
  return std::optional(std::move(turn));
}

Status put_turn(log::Log& log, const TurnState& turn) {
  const json::Object record{{"session_id", turn.session_id},
                            {"pack", turn.pack},
                            {"tool_calls", turn.tool_calls},
                            {"changed", turn.changed},
                            {"left_behind", journal::name(turn.left_behind)},
                            {"running", turn.running},
                            {"aborted", turn.aborted},
                            {"code", turn.code},
                            {"action", turn.action}};
  return log.put(journal::kStoreTable, turn_key(turn.id), json::serialize(record));
}

Status erase_turn(log::Log& log, std::string_view turn_id) {
  return log.erase(journal::kStoreTable, turn_key(turn_id));
}

Status erase_session(log::Log& log, std::string_view id) {
  constexpr std::size_t kPage = 256;
  const std::string prefix = turn_key("");
  std::vector<std::string> turns;
  for (std::string after;;) {
    LUMENFLOW_TRY_ASSIGN(const auto page, log.tables().scan(journal::kStoreTable, prefix, after, kPage));
    for (const log::KeyValue& item : page) {
      const Result<json::Value> record = json::parse(item.value);
      if (record.ok() && json::string_or(*record, "session_id", "") == id) turns.push_back(item.key);
    }
    if (page.size() < kPage) break;
    after = page.back().key;
  }
  for (const std::string& turn : turns) LUMENFLOW_TRY(log.erase(journal::kStoreTable, turn));
  return log.erase(journal::kStoreTable, session_key(id));
}

}  // namespace lumenflow::kernel
