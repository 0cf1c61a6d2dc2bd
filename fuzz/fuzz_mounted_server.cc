// What a mounted MCP server sends: events and messages are read the same wherever the stream is cut; what it says of
// its tools is pinned, compared and written down as it was read, and what it answers is a result or a coded crash.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "json/canonical.h"
#include "lumenflow/sse_reader.h"
#include "mcp/message.h"
#include "mounts/channel.h"
#include "mounts/definitions.h"
#include "mounts/header_values.h"
#include "mounts/pack_writer.h"
#include "mounts/tool_answer.h"

namespace {

using namespace lumenflow;
using namespace lumenflow::mounts;

constexpr std::size_t kEventBytes = 64 * 1024;

std::vector<std::string> events_of(std::string_view body, std::size_t piece_bytes) {
  std::vector<std::string> events;
  SseReader reader(
      [&](const ReceivedEvent& event) {
        events.push_back(event.data);
        return true;
      },
      kEventBytes);
  for (std::size_t at = 0; at < body.size(); at += piece_bytes)
    if (!reader.feed(body.substr(at, piece_bytes))) break;
  events.push_back(reader.last_id());
  return events;
}

void look_at_list(const json::Value& result) {
  Definitions found;
  for (const char* key : {"tools", "prompts"})
    if (const json::Value* const list = result.find(key); list != nullptr && list->is_array())
      for (const json::Value& stated : list->as_array()) {
        Result<ToolDefinition> tool =
            std::string_view(key) == "tools" ? read_definition(stated) : read_prompt_definition(stated);
        if (!tool.ok()) {
          LUMENFLOW_CHECK(tool.error().code() == ErrorCode::kInvalidOutput);
          continue;
        }
        if (found.find(tool->name) == nullptr) found.tools.push_back(*std::move(tool));
      }
  for (const char* key : {"resources", "resourceTemplates"})
    if (const json::Value* const list = result.find(key); list != nullptr && list->is_array())
      for (const json::Value& stated : list->as_array()) found.resources.push_back(stated);
  if (found.tools.empty()) return;
  LUMENFLOW_CHECK(compare(found, found).empty());
  const Result<Definitions> again = parse_definitions(write_definitions(found));
  LUMENFLOW_CHECK(again.ok() && compare(found, *again).empty());
  const Definitions nothing;
  (void)render(compare(nothing, found), nothing, found);
  (void)render(compare(found, nothing), found, nothing);
  MountPlan plan;
  plan.id = "fuzzed";
  plan.url = "https://server.example/mcp";
  plan.hosts = {"server.example:443"};
  const WrittenPack written = write_pack(plan, found);
  LUMENFLOW_CHECK(written.files.contains("manifest.yaml"));
  LUMENFLOW_CHECK(written.tools.size() + written.left_out.size() >= found.tools.size());
}

void look_at_message(const std::string& text) {
  const Result<mcp::Message> message = mcp::parse_message(text, kMessageDepthMax);
  if (!message.ok()) return;
  if (message->kind == mcp::Message::Kind::kError) (void)answer_of(message->error);
  if (message->kind != mcp::Message::Kind::kResult || !message->result.is_object()) return;
  look_at_list(message->result);
  for (const bool structured : {false, true}) {
    const pack::ToolResult answer = answer_of(message->result, structured);
    if (const auto* const output = std::get_if<pack::ToolOutput>(&answer)) LUMENFLOW_CHECK(output->data.is_object());
  }
  for (const std::string_view entry : {kResourceEntry, kPromptEntry}) {
    const pack::ToolResult answer = content_of(message->result, entry);
    LUMENFLOW_CHECK(std::holds_alternative<pack::ToolOutput>(answer) ||
                    std::holds_alternative<pack::ToolCrash>(answer));
  }
  if (const json::Value* const schema = message->result.find("inputSchema"); schema != nullptr && schema->is_object())
    (void)parameter_headers(*schema, message->result);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::vector<std::string> events = events_of(text, size == 0 ? 1 : size);
  LUMENFLOW_CHECK(events_of(text, 1) == events);
  LUMENFLOW_CHECK(events_of(text, 5) == events);
  for (const std::string& event : events) look_at_message(event);
  look_at_message(std::string(text));
  return 0;
}
