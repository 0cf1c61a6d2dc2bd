#include "mounts/tool_answer.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "mounts/content_parts.h"
#include "mounts/definitions.h"

namespace lumenflow::mounts {
namespace {

constexpr std::size_t kPartsMax = 1'000;
constexpr std::size_t kMessageBytesMax = 4096;

pack::ToolCrash broken(std::string what) {
  return {ErrorCode::kInvalidOutput, "the server broke the protocol: " + std::move(what), false};
}

// What a model would read of it.
std::string text_of(const json::Array& content) {
  std::string out;
  for (const json::Value& part : content) {
    if (json::string_or(part, "type", "") != "text") continue;
    if (!out.empty()) out += '\n';
    out += json::string_or(part, "text", "");
    if (out.size() > kMessageBytesMax) break;
  }
  return std::string(clip_utf8(out, kMessageBytesMax));
}

}  // namespace

pack::ToolResult answer_of(json::Value result, bool structured) {
  json::Object& members = result.as_object();
  json::Array content;
  json::Value* const parts = members.find("content");
  if (parts == nullptr || !parts->is_array() || parts->as_array().size() > kPartsMax)
    return broken("its result has no 'content' that is a list of at most 1000 parts");
  for (const json::Value& part : parts->as_array())
    if (std::string fault = part_fault(part); !fault.empty()) return broken("in the content of its result: " + fault);
  content = std::move(parts->as_array());
  if (const json::Value* const failed = members.find("isError"); failed != nullptr && !failed->is_boolean())
    return broken("'isError' of its result is neither true nor false");
  json::Value data = json::Object{};
  const bool has_data = members.contains("structuredContent");
  if (has_data) {
    data = std::move(*members.find("structuredContent"));
    if (!data.is_object()) data = json::Object{{"value", std::move(data)}};
  }
  if (json::boolean_or(result, "isError", false)) {
    std::string message = text_of(content);
    if (message.empty()) message = "the tool failed and does not say why";
    json::Object details{{"content", std::move(content)}};
    if (has_data) details.set("structured_content", std::move(data));
    return pack::ToolError{"TOOL_FAILED", std::move(message), std::move(details)};
  }
  if (structured && !has_data) return broken("its result lacks the structured content that its definition promises");
  return pack::ToolOutput{std::move(data), std::move(content)};
}

pack::ToolResult content_of(json::Value result, std::string_view entry) {
  const bool is_prompt = entry != kResourceEntry;
  const char* const key = is_prompt ? "messages" : "contents";
  json::Value* const list = result.as_object().find(key);
  const auto fits = [is_prompt](const json::Value& item) {
    if (!item.is_object()) return false;
    if (is_prompt) return item.find("role") != nullptr && item.find("content") != nullptr;
    const bool says = item.find("text") != nullptr || item.find("blob") != nullptr;
    return says && !json::string_or(item, "uri", "").empty();
  };
  if (list == nullptr || !list->is_array() || list->as_array().size() > kPartsMax ||
      !std::ranges::all_of(list->as_array(), fits))
    return broken("its result has no list of at most 1000 " + std::string(key));
  return pack::ToolOutput{json::Object{{key, std::move(*list)}}, {}};
}

pack::ToolResult answer_of(mcp::RpcError refusal) {
  json::Object details{{"json_rpc", refusal.code}};
  if (!refusal.data.is_null()) details.set("data", std::move(refusal.data));
  std::string message(clip_utf8(refusal.message, kMessageBytesMax));
  if (message.empty()) message = "the server refused the call and does not say why";
  return pack::ToolError{refusal.code == mcp::kInvalidParams ? "INVALID_ARGUMENTS" : "SERVER_REFUSED",
                         std::move(message), std::move(details)};
}

}  // namespace lumenflow::mounts
