#include "conductor/views.h"

#include <utility>

#include "conductor/tables.h"

namespace lumenflow::conductor {
namespace {

// Of the table: a letter, then what it is of.
std::string view_key(char letter, std::initializer_list<std::string_view> parts) {
  return std::string(1, letter) + key_of(parts);
}
std::string ordered_key(char letter, std::string_view workspace, Position position) {
  return view_key(letter, {workspace}) + big_endian(position.value());
}

constexpr char kApproval = 'a', kApprovalOwner = 'A', kApprovalOrder = 'o', kPending = 'p', kReceipt = 'r';
constexpr char kTurn = 't', kTurnOrder = 'T', kRecovery = 'v', kRecoveryOwner = 'W', kRecoveryOrder = 'V';

struct Ordered {
  char document, order;
};

Ordered letters_of(Views::List list) {
  switch (list) {
    case Views::List::kApprovals:
      return {kApproval, kApprovalOrder};
    case Views::List::kPendingApprovals:
      return {kApproval, kPending};
    case Views::List::kTurns:
      return {kTurn, kTurnOrder};
    case Views::List::kRecoveries:
      break;
  }
  return {kRecovery, kRecoveryOrder};
}

Result<std::vector<std::string>> owners(const log::TableReader& tables, char letter, std::string_view id) {
  const std::string prefix = view_key(letter, {id});
  LUMENFLOW_TRY_ASSIGN(const auto rows, tables.scan(kView, prefix, "", 16));
  std::vector<std::string> found;
  for (const log::KeyValue& row : rows) found.push_back(row.key.substr(prefix.size()));
  return found;
}

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= 256 && text.find('\0') == std::string_view::npos;
}

}  // namespace

Status Views::take(const std::string& workspace, const event::TakenEvent& taken, Position position) {
  const std::string_view kind = taken.event_kind;
  const bool seen = kind == "sidekick:approval_requested" || kind == "agent-runtime:tool_called" ||
                    kind.starts_with("agent-runtime:turn_");
  if (!seen) return {};
  LUMENFLOW_TRY_ASSIGN(const json::Value envelope, json::parse(taken.text));
  const json::Value* payload = envelope.find("payload");
  if (payload == nullptr || !payload->is_object()) return {};
  const Arrived arrived{workspace, envelope, *payload, position};
  if (kind == "sidekick:approval_requested") return approval_requested(arrived);
  if (kind == "agent-runtime:tool_called") return tool_called(arrived);
  if (kind == "agent-runtime:turn_started") return turn_changed(arrived, "running");
  if (kind == "agent-runtime:turn_completed") return turn_changed(arrived, "completed");
  if (kind == "agent-runtime:turn_aborted") return turn_changed(arrived, "aborted");
  return {};
}

Status Views::approval_requested(const Arrived& arrived) {
  const std::string id(json::string_or(arrived.payload, "approval_id", ""));
  if (!is_id(id)) return {};
  const std::string key = view_key(kApproval, {arrived.workspace, id});
  LUMENFLOW_TRY_ASSIGN(const auto there, ledger_.tables().get(kView, key));
  if (there) return renewed(key, *there, arrived);  // the first one counts
  json::Value approval = arrived.payload;
  json::Object& members = approval.as_object();
  members.set("workspace_id", arrived.workspace);
  members.set("state", "pending");
  members.set("position", arrived.position.value());
  members.set("requested_at", json::string_or(arrived.envelope, "timestamp", ""));
  LUMENFLOW_TRY(ledger_.put(kView, key, json::serialize(approval)));
  LUMENFLOW_TRY(ledger_.put(kView, view_key(kApprovalOwner, {id}) + arrived.workspace, "-"));
  LUMENFLOW_TRY(ledger_.put(kView, ordered_key(kApprovalOrder, arrived.workspace, arrived.position), id));
  LUMENFLOW_TRY(ledger_.put(kView, ordered_key(kPending, arrived.workspace, arrived.position), id));
  const std::string receipt(json::string_or(arrived.payload, "receipt_id", ""));
  if (is_id(receipt)) LUMENFLOW_TRY(ledger_.put(kView, view_key(kReceipt, {arrived.workspace, receipt}), id));
  if (bell_.owed) LUMENFLOW_TRY(bell_.owed(arrived.workspace, approval));
  if (bell_.told)
    ledger_.when_durable([this, workspace = arrived.workspace, approval](const Status& done) {
      if (done.ok()) bell_.told(workspace, approval);
    });
  return {};
}

// Asked for again, under another digest: the journal goes on under another name, and what was signed counts no more.
Status Views::renewed(const std::string& key, const std::string& known, const Arrived& arrived) {
  LUMENFLOW_TRY_ASSIGN(json::Value approval, json::parse(known));
  if (json::string_or(approval, "state", "") != "pending") return {};
  for (const char* member : {"call_digest", "expires_at", "preview"})
    if (const json::Value* value = arrived.payload.find(member)) approval.as_object().set(member, *value);
  return ledger_.put(kView, key, json::serialize(approval));
}

Result<std::optional<json::Value>> Views::approval(const std::string& workspace, std::string_view approval_id) const {
  LUMENFLOW_TRY_ASSIGN(const auto text, ledger_.tables().get(kView, view_key(kApproval, {workspace, approval_id})));
  if (!text) return std::optional<json::Value>();
  LUMENFLOW_TRY_ASSIGN(json::Value approval, json::parse(*text));
  return std::optional(std::move(approval));
}

Result<std::string> Views::asker_of_approval(std::string_view approval_id) const {
  LUMENFLOW_TRY_ASSIGN(const auto asked, workspaces_of_approval(approval_id));
  std::string found;
  std::pair<bool, std::int64_t> best{true, INT64_MAX};  // waits no more, position
  for (const std::string& workspace : asked) {
    LUMENFLOW_TRY_ASSIGN(const auto it, approval(workspace, approval_id));
    if (!it) continue;
    const std::pair<bool, std::int64_t> place{json::string_or(*it, "state", "") != "pending",
                                              json::integer_or(*it, "position", INT64_MAX)};
    if (found.empty() || place < best) found = workspace, best = place;
  }
  return found;
}

Status Views::decided(const std::string& workspace, const json::Value& decision) {
  const std::string id(json::string_or(decision, "approval_id", ""));
  if (!is_id(id)) return {};
  LUMENFLOW_TRY_ASSIGN(auto known, approval(workspace, id));
  if (!known) return {};
  for (const char* member : {"decision", "decided_by"})
    if (const json::Value* value = decision.find(member)) known->as_object().set(member, *value);
  return ledger_.put(kView, view_key(kApproval, {workspace, id}), json::serialize(*known));
}

// The call that waited for an approval has gone on: it is pending no more.
Status Views::tool_called(const Arrived& arrived) {
  const std::string_view outcome = json::string_or(arrived.payload, "outcome", "");
  const std::string receipt(json::string_or(arrived.payload, "receipt_id", ""));
  if (!is_id(receipt) || outcome == "pending") return {};
  if (outcome == "unknown") LUMENFLOW_TRY(needs_recovery(arrived, receipt));
  LUMENFLOW_TRY_ASSIGN(const auto id, ledger_.tables().get(kView, view_key(kReceipt, {arrived.workspace, receipt})));
  if (!id) return {};
  const std::string key = view_key(kApproval, {arrived.workspace, *id});
  LUMENFLOW_TRY_ASSIGN(const auto text, ledger_.tables().get(kView, key));
  if (!text) return {};
  LUMENFLOW_TRY_ASSIGN(json::Value approval, json::parse(*text));
  json::Object& members = approval.as_object();
  members.set("state", "resolved");
  members.set("outcome", outcome);
  const std::string_view code = json::string_or(arrived.payload, "code", "");
  if (members.find("decision") == nullptr && code != "APPROVAL_EXPIRED")
    members.set("decision", code == "APPROVAL_DENIED" ? "deny" : "approve");
  members.set("resolved_at", json::string_or(arrived.envelope, "timestamp", ""));
  LUMENFLOW_TRY(ledger_.put(kView, key, json::serialize(approval)));
  const Position position(static_cast<std::uint64_t>(json::integer_or(approval, "position", 0)));
  return ledger_.erase(kView, ordered_key(kPending, arrived.workspace, position));
}

Status Views::turn_changed(const Arrived& arrived, std::string_view state) {
  const std::string id(json::string_or(arrived.payload, "turn_id", ""));
  if (!is_id(id)) return {};
  const std::string key = view_key(kTurn, {arrived.workspace, id});
  LUMENFLOW_TRY_ASSIGN(const auto there, ledger_.tables().get(kView, key));
  json::Value turn = json::Object{{"turn_id", id}, {"workspace_id", arrived.workspace}};
  if (there) {
    LUMENFLOW_TRY_ASSIGN(turn, json::parse(*there));
  } else {
    turn.as_object().set("position", arrived.position.value());
    LUMENFLOW_TRY(ledger_.put(kView, ordered_key(kTurnOrder, arrived.workspace, arrived.position), id));
  }
  json::Object& members = turn.as_object();
  for (const json::Member& member : arrived.payload.as_object()) members.set(member.key, member.value);
  members.set("state", state);
  members.set(state == "running" ? "started_at" : "ended_at", json::string_or(arrived.envelope, "timestamp", ""));
  LUMENFLOW_TRY(ledger_.put(kView, key, json::serialize(turn)));
  const std::string_view cleanup = json::string_or(arrived.payload, "cleanup_status", "clean");
  if (state == "aborted" && cleanup != "clean") return needs_recovery(arrived, id);
  return {};
}

Status Views::needs_recovery(const Arrived& arrived, const std::string& id) {
  const std::string key = view_key(kRecovery, {arrived.workspace, id});
  LUMENFLOW_TRY_ASSIGN(const auto there, ledger_.tables().get(kView, key));
  if (there) return {};
  json::Value recovery = arrived.payload;
  json::Object& members = recovery.as_object();
  members.set("recovery_id", id);
  members.set("workspace_id", arrived.workspace);
  members.set("position", arrived.position.value());
  members.set("since", json::string_or(arrived.envelope, "timestamp", ""));
  LUMENFLOW_TRY(ledger_.put(kView, key, json::serialize(recovery)));
  LUMENFLOW_TRY(ledger_.put(kView, view_key(kRecoveryOwner, {id}) + arrived.workspace, "-"));
  return ledger_.put(kView, ordered_key(kRecoveryOrder, arrived.workspace, arrived.position), id);
}

Result<json::Value> Views::page(const std::string& workspace, List list, const Range& range, std::size_t limit) const {
  const Ordered letters = letters_of(list);
  LUMENFLOW_TRY_ASSIGN(const auto durable, ledger_.snapshot());
  const std::string prefix = view_key(letters.order, {workspace});
  const std::string end =
      range.before.value() == 0 ? std::string() : ordered_key(letters.order, workspace, range.before);
  LUMENFLOW_TRY_ASSIGN(const auto rows, durable->scan_descending(kView, prefix, end, limit));
  json::Array items;
  std::uint64_t last = 0;
  for (const log::KeyValue& row : rows) {
    last = from_big_endian(std::string_view(row.key).substr(prefix.size()));
    if (last <= range.floor.value()) {
      last = 0;
      break;
    }
    LUMENFLOW_TRY_ASSIGN(const auto text, durable->get(kView, view_key(letters.document, {workspace, row.value})));
    if (!text) continue;
    LUMENFLOW_TRY_ASSIGN(json::Value item, json::parse(*text));
    const Result<Timestamp> expires = parse_rfc3339(json::string_or(item, "expires_at", ""));
    const bool over = expires.ok() && *expires <= clock_.now() && json::string_or(item, "state", "") == "pending";
    if (over && list == List::kPendingApprovals) continue;
    if (over) item.as_object().set("state", "expired");
    items.push_back(std::move(item));
  }
  return json::Value(json::Object{{"items", std::move(items)},
                                  {"next", rows.size() == limit && last > 1 ? json::Value(last) : json::Value()}});
}

Result<std::vector<std::string>> Views::workspaces_of_approval(std::string_view approval_id) const {
  return owners(ledger_.tables(), kApprovalOwner, approval_id);
}

Result<std::vector<std::string>> Views::workspaces_of_recovery(std::string_view recovery_id) const {
  return owners(ledger_.tables(), kRecoveryOwner, recovery_id);
}

}  // namespace lumenflow::conductor
