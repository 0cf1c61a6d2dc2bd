#include "agent-runtime/session.h"

#include <cstdio>
#include <utility>

#include "agent-runtime/conversation.h"

namespace lumenflow::agent_runtime {
namespace {

constexpr std::size_t kPage = 256;

std::string record_key(std::string_view id) { return "session/" + std::string(id); }
std::string timer_key(std::string_view id) { return "timer/" + std::string(id); }
std::string message_prefix(std::string_view id) { return "message/" + std::string(id) + "/"; }
std::string message_key(std::string_view id, std::uint64_t number) {
  char text[24];
  std::snprintf(text, sizeof text, "%012llu", static_cast<unsigned long long>(number));
  return message_prefix(id) + text;
}

json::Value to_json(const SessionRecord& session) {
  json::Array waiting;
  for (const Waiting& each : session.waiting)
    waiting.push_back(
        json::Object{{"receipt_id", each.receipt_id}, {"request_id", each.request_id}, {"tool", each.tool}});
  return json::Object{
      {"session_id", session.id},     {"state", session.state},        {"reason", session.reason},
      {"turn_id", session.turn},      {"node", session.node},          {"model", session.model},
      {"messages", session.messages}, {"turns", session.turns},        {"usage", agent_runtime::to_json(session.usage)},
      {"cost_usd", session.cost_usd}, {"waiting", std::move(waiting)}, {"plan", agent_runtime::to_json(session.plan)},
      {"asked_ms", session.asked_ms}, {"asked", session.asked},        {"used_ms", session.used_ms},
      {"attended", session.attended}};
}

std::uint64_t count_of(const json::Value& map, std::string_view key) {
  return static_cast<std::uint64_t>(json::integer_or(map, key, 0));
}

SessionRecord record_of(const json::Value& value) {
  SessionRecord session;
  session.id = json::string_or(value, "session_id", "");
  session.state = json::string_or(value, "state", "idle");
  session.reason = json::string_or(value, "reason", "");
  session.turn = json::string_or(value, "turn_id", "");
  session.node = json::string_or(value, "node", "");
  session.model = json::string_or(value, "model", "");
  session.messages = count_of(value, "messages");
  session.turns = count_of(value, "turns");
  if (const json::Value* usage = value.find("usage"))
    session.usage = {count_of(*usage, "input_tokens"), count_of(*usage, "output_tokens"),
                     count_of(*usage, "total_tokens")};
  if (const json::Value* cost = value.find("cost_usd"); cost != nullptr && cost->is_number())
    session.cost_usd = cost->as_double();
  if (const json::Value* waiting = value.find("waiting"); waiting != nullptr && waiting->is_array())
    for (const json::Value& each : waiting->as_array())
      session.waiting.push_back({std::string(json::string_or(each, "receipt_id", "")),
                                 std::string(json::string_or(each, "request_id", "")),
                                 std::string(json::string_or(each, "tool", ""))});
  if (const json::Value* plan = value.find("plan")) session.plan = plan_of(*plan);
  session.asked_ms = json::integer_or(value, "asked_ms", 0);
  session.asked = json::integer_or(value, "asked", 0);
  session.used_ms = json::integer_or(value, "used_ms", 0);
  session.attended = json::boolean_or(value, "attended", false);
  return session;
}

}  // namespace

bool SessionRecord::needs_timer() const {
  if (state == "running") return true;
  if (state == "waiting") return !attended;
  return state == "idle" && !is_over(plan);
}

bool SessionRecord::has_ended() const { return state == "suspended" || (state == "idle" && is_over(plan)); }

Result<std::optional<SessionRecord>> load_session(pack::Store& store, std::string_view id) {
  LUMENFLOW_TRY_ASSIGN(const std::optional<json::Value> value, store.get(record_key(id)));
  if (!value) return std::optional<SessionRecord>();
  if (json::string_or(*value, "session_id", "") != id)
    return Error(ErrorCode::kJournalDamaged, "the record of the session " + std::string(id) + " cannot be read");
  return std::optional(record_of(*value));
}

Status save_session(pack::Store& store, const SessionRecord& session) {
  LUMENFLOW_TRY(store.put(record_key(session.id), to_json(session)));
  if (session.needs_timer()) return store.put(timer_key(session.id), true);
  return store.erase(timer_key(session.id));
}

Result<std::vector<std::string>> sessions_of_timer(pack::Store& store) {
  const std::string prefix = timer_key("");
  std::vector<std::string> ids;
  for (std::string after;;) {
    LUMENFLOW_TRY_ASSIGN(const std::vector<pack::StoreItem> page, store.scan(prefix, after, kPage));
    for (const pack::StoreItem& item : page) ids.push_back(item.key.substr(prefix.size()));
    if (page.size() < kPage) return ids;
    after = page.back().key;
  }
}

Result<std::vector<Message>> load_messages(pack::Store& store, const SessionRecord& session) {
  std::vector<Message> messages;
  const std::string prefix = message_prefix(session.id);
  for (std::string after;;) {
    LUMENFLOW_TRY_ASSIGN(const std::vector<pack::StoreItem> page, store.scan(prefix, after, kPage));
    for (const pack::StoreItem& item : page) messages.push_back(message_of(item.value));
    if (page.size() < kPage) return messages;
    after = page.back().key;
  }
}

Status append_messages(pack::Store& store, SessionRecord& session, const std::vector<Message>& messages) {
  for (const Message& message : messages) {
    LUMENFLOW_TRY(store.put(message_key(session.id, session.messages), agent_runtime::to_json(message)));
    ++session.messages;
  }
  return {};
}

Result<std::vector<EndedSession>> ended_sessions(pack::Store& store) {
  std::vector<EndedSession> ended;
  const std::string prefix = record_key("");
  for (std::string after;;) {
    LUMENFLOW_TRY_ASSIGN(const std::vector<pack::StoreItem> page, store.scan(prefix, after, kPage));
    for (const pack::StoreItem& item : page)
      if (const SessionRecord session = record_of(item.value); session.has_ended())
        ended.push_back({item.key.substr(prefix.size()), session.used_ms});
    if (page.size() < kPage) return ended;
    after = page.back().key;
  }
}

Status erase_session(pack::Store& store, std::string_view id) {
  const std::string prefix = message_prefix(id);
  for (std::string after;;) {
    LUMENFLOW_TRY_ASSIGN(const std::vector<pack::StoreItem> page, store.scan(prefix, after, kPage));
    for (const pack::StoreItem& item : page) LUMENFLOW_TRY(store.erase(item.key));
    if (page.size() < kPage) break;
    after = page.back().key;
  }
  LUMENFLOW_TRY(store.erase(timer_key(id)));
  return store.erase(record_key(id));
}

json::Value document_of(const SessionRecord& session, const std::vector<Message>& messages) {
  json::Value document = to_json(session);
  json::Array conversation;
  for (const Message& message : messages) conversation.push_back(agent_runtime::to_json(message));
  document.as_object().set("conversation", std::move(conversation));
  return document;
}

}  // namespace lumenflow::agent_runtime
