#include "local_page/documents.h"

#include <chrono>
#include <utility>

namespace lumenflow::local_page {
namespace {

constexpr std::chrono::hours kFollowed{24};  // a call may be asked about for so long

json::Value page_of(const json::Value& page, const auto& each) {
  json::Array items;
  if (const json::Value* found = page.find("items"); found != nullptr && found->is_array())
    for (const json::Value& item : found->as_array())
      if (item.is_object()) items.push_back(each(item));
  const json::Value* next = page.find("next");
  return json::Object{{"items", std::move(items)}, {"next", next == nullptr ? json::Value() : *next}};
}

void copy(const json::Value& from, const char* member, json::Object& to, const char* as = nullptr) {
  if (const json::Value* value = from.find(member)) to.set(as == nullptr ? member : as, *value);
}

}  // namespace

json::Value event_page(const json::Value& page, const std::string& log_id) {
  return page_of(page, [&](json::Value event) {
    event.as_object().set("log_id", log_id);
    return event;
  });
}

json::Value audit_page(const json::Value& page) {
  return page_of(page, [](const json::Value& item) {
    json::Object entry;
    copy(item, "position", entry);
    copy(item, "entry", entry);
    return json::Value(std::move(entry));
  });
}

json::Value approval_page(const json::Value& page, const std::string& workspace) {
  json::Value waiting = page_of(page, [&](const json::Value& parked) {
    json::Object approval{{"surface", "console"}, {"workspace_id", workspace}, {"state", "pending"}, {"position", 0}};
    for (const char* member :
         {"approval_id", "receipt_id", "call_digest", "requested_by", "requested_at", "expires_at"})
      copy(parked, member, approval);
    copy(parked, "tool", approval, "tool_name");
    copy(parked, "call", approval, "preview");
    return json::Value(std::move(approval));
  });
  waiting.as_object().set("next", json::Value());
  return waiting;
}

json::Value own_head(const json::Value& head) {
  const std::string checkpoint(json::string_or(head, "checkpoint", ""));
  return json::Object{{"checkpoint", checkpoint},
                      {"size", json::integer_or(head, "tree_size", 0)},
                      {"origin", checkpoint.substr(0, checkpoint.find('\n'))},
                      {"public_key", json::string_or(head, "public_key", "")},
                      {"witness_key", ""}};
}

json::Value workspace_document(const json::Value& head, const std::string& workspace, Timestamp started,
                               Timestamp now) {
  json::Object grown{{"size", json::integer_or(head, "tree_size", 0)}, {"root", json::string_or(head, "root", "")}};
  return json::Object{{"workspace_id", workspace},
                      {"state", "active"},
                      {"enrolled_at", format_rfc3339(started)},
                      {"scopes", json::Array{}},
                      {"log_id", json::string_or(head, "log_id", "")},
                      {"connected", true},
                      {"last_seen", format_rfc3339(now)},
                      {"streams", json::Array{}},
                      {"head", std::move(grown)}};
}

std::string receipt_of(const json::Value& result) {
  const json::Value* metadata = result.is_object() ? result.find("metadata") : nullptr;
  return metadata == nullptr ? std::string() : std::string(json::string_or(*metadata, "receipt_id", ""));
}

json::Value outcome(json::Value result, int status) {
  json::Object answer;
  if (const std::string receipt = receipt_of(result); !receipt.empty()) answer.set("receipt_id", receipt);
  result.as_object().erase("metadata");
  const json::Value* error = result.find("error");
  const bool refused = error != nullptr && status >= 400;  // a tool's own failure is an answer
  answer.set("state", refused ? "refused" : "done");
  answer.set(refused ? "error" : "result", refused ? *error : std::move(result));
  return json::Value(std::move(answer));
}

json::Value queued(const std::string& receipt, std::string_view state, Timestamp now) {
  return json::Object{{"command_id", receipt}, {"state", state}, {"expires_at", format_rfc3339(now + kFollowed)}};
}

json::Value command_of_call(const json::Value& call, const std::string& workspace, Timestamp now) {
  const json::Value* finished = call.find("finished");
  const json::Value* requested = call.find("requested");
  const std::string_view status = json::string_or(call, "status", "");
  const bool answered = status == "success" || status == "failure";
  const std::string receipt(json::string_or(call, "receipt_id", ""));
  const std::string asked(requested == nullptr ? "" : json::string_or(*requested, "ts", ""));
  json::Object command{{"command_id", receipt},
                       {"workspace_id", workspace},
                       {"kind", "conductor:tool_requested"},
                       {"from", json::string_or(call, "subject", "")},
                       {"tool", json::string_or(call, "tool", "")},
                       {"receipt_id", receipt},
                       {"position", 0},
                       {"created_at", asked.empty() ? format_rfc3339(now) : asked},
                       {"expires_at", format_rfc3339(now + kFollowed)},
                       {"expires_ms", (now + kFollowed).ms}};
  command.set("state", finished == nullptr ? "running" : answered ? "done" : "refused");
  if (finished == nullptr) return json::Value(std::move(command));
  const json::Value* result = call.find("result");
  if (result != nullptr) command.set("result", *result);
  const json::Value* error = result != nullptr && result->is_object() ? result->find("error") : nullptr;
  if (!answered)
    command.set("error", error != nullptr
                             ? *error
                             : json::Value(json::Object{{"code", json::string_or(*finished, "code", "INTERNAL")},
                                                        {"message", "the call ended as " + std::string(status)}}));
  return json::Value(std::move(command));
}

}  // namespace lumenflow::local_page
