#include "agent-runtime/conversation.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

namespace lumenflow::agent_runtime {
namespace {

constexpr std::array<std::string_view, 4> kRoles = {"system", "user", "assistant", "tool"};

}  // namespace

json::Value to_json(const Message& message) {
  json::Object out{{"role", kRoles[static_cast<std::size_t>(message.role)]}, {"content", message.text}};
  if (!message.requests.empty()) {
    json::Array calls;
    for (const ToolRequest& request : message.requests)
      calls.push_back(json::Object{{"id", request.id}, {"name", request.name}, {"input", request.input}});
    out.set("tool_calls", std::move(calls));
  }
  if (!message.request_id.empty()) out.set("tool_call_id", message.request_id);
  if (message.failed) out.set("failed", true);
  return out;
}

Message message_of(const json::Value& value) {
  Message message;
  const auto role = std::ranges::find(kRoles, json::string_or(value, "role", "user"));
  if (role != kRoles.end()) message.role = static_cast<Message::Role>(role - kRoles.begin());
  message.text = json::string_or(value, "content", "");
  message.request_id = json::string_or(value, "tool_call_id", "");
  message.failed = json::boolean_or(value, "failed", false);
  if (const json::Value* calls = value.find("tool_calls"); calls != nullptr && calls->is_array())
    for (const json::Value& call : calls->as_array()) {
      const json::Value* input = call.find("input");
      message.requests.push_back({std::string(json::string_or(call, "id", "")),
                                  std::string(json::string_or(call, "name", "")),
                                  input == nullptr ? json::Value(json::Object{}) : *input});
    }
  return message;
}

json::Value to_json(const Usage& usage) {
  return json::Object{{"input_tokens", usage.input_tokens},
                      {"output_tokens", usage.output_tokens},
                      {"total_tokens", usage.total_tokens}};
}

void add(Usage& sum, const Usage& more) {
  sum.input_tokens += more.input_tokens;
  sum.output_tokens += more.output_tokens;
  sum.total_tokens += more.total_tokens;
}

std::uint64_t size_of(const ModelRequest& request) {
  std::uint64_t bytes = 0;
  for (const Message& message : request.messages) bytes += json::serialize(to_json(message)).size();
  for (const OfferedTool& tool : request.tools)
    bytes += tool.name.size() + tool.description.size() + json::serialize(tool.input_schema).size();
  for (const OfferedIntent& intent : request.intents) bytes += intent.id.size() + intent.description.size();
  return bytes;
}

std::vector<Message> answers_missing(const std::vector<Message>& messages, const std::string& why) {
  std::set<std::string> answered;
  for (const Message& message : messages)
    if (message.role == Message::Role::kTool) answered.insert(message.request_id);
  std::vector<Message> added;
  for (const Message& message : messages)
    for (const ToolRequest& request : message.requests)
      if (!answered.contains(request.id)) added.push_back({Message::Role::kTool, why, {}, request.id, true});
  return added;
}

}  // namespace lumenflow::agent_runtime
