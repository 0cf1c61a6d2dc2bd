#include "kernel/stop_tools.h"

#include "base/secret_shapes.h"
#include "base/time.h"
#include "kernel/standing_orders.h"

namespace lumenflow::kernel {
namespace {

constexpr std::string_view kStopInput = R"({
  "type": "object", "additionalProperties": false, "minProperties": 1,
  "properties": {
    "tool": {"type": "string", "minLength": 1, "maxLength": 200, "description": "calls of this tool, by its name"},
    "subject": {"type": "string", "minLength": 1, "maxLength": 200,
                "description": "calls that this subject makes, and those that packs make on its behalf"},
    "all": {"const": true, "description": "every call"},
    "reason": {"type": "string", "maxLength": 1000}
  },
  "oneOf": [{"required": ["tool"]}, {"required": ["subject"]}, {"required": ["all"]}]})";
constexpr std::string_view kStopOutput = R"({
  "type": "object", "additionalProperties": false, "required": ["target", "stopped"],
  "properties": {"target": {"type": "string"}, "stopped": {"type": "boolean"}}})";

constexpr std::size_t kListedMax = 1'000;
constexpr std::string_view kStopListOutput = R"({
  "type": "object", "additionalProperties": false, "required": ["items"],
  "properties": {"items": {"type": "array", "items": {
    "type": "object", "additionalProperties": false, "required": ["target", "reason", "since"],
    "properties": {"target": {"type": "string"}, "reason": {"type": "string"}, "since": {"type": "string"}}}}}})";

// "all", "tool/<name>" or "subject/<subject>".
std::string target_of(const json::Value& input) {
  if (const json::Value* tool = input.find("tool")) return "tool/" + tool->as_string();
  if (const json::Value* subject = input.find("subject")) return "subject/" + subject->as_string();
  return "all";
}

pack::ToolResult answer(const std::string& target, bool stopped, const Status& status) {
  if (!status.ok()) return refused(status.error());
  return pack::ToolOutput{json::Object{{"target", target}, {"stopped", stopped}}, {}};
}

// Everybody may read it; what looks like a credential they need not.
std::string shown_reason(const json::Value& input) {
  const std::string reason(json::string_or(input, "reason", ""));
  const auto masked =
      replace_secrets(reason, SecretSearch::kAssignments, [](std::string_view) { return std::string("***"); });
  return masked ? *masked : reason;
}

pack::ToolResult stop(pack::ToolContext& context, const json::Value& input) {
  const std::string target = target_of(input);
  json::Value order =
      json::Object{{"reason", shown_reason(input)}, {"since", format_rfc3339(Timestamp{context.now_ms()})}};
  return answer(target, true, context.store().put(std::string(kStoppedPrefix) + target, std::move(order)));
}

pack::ToolResult resume(pack::ToolContext& context, const json::Value& input) {
  const std::string target = target_of(input), key = std::string(kStoppedPrefix) + target;
  const auto order = context.store().get(key);
  if (!order.ok()) return refused(order.error());
  if (!*order) return pack::ToolError{"NOT_FOUND", "nobody has stopped '" + target + "'", {}};
  return answer(target, false, context.store().erase(key));
}

pack::ToolResult list_stops(pack::ToolContext& context, const json::Value&) {
  const auto orders = context.store().scan(kStoppedPrefix, "", kListedMax);
  if (!orders.ok()) return refused(orders.error());
  json::Array items;
  for (const pack::StoreItem& order : *orders)
    items.push_back(json::Object{{"target", order.key.substr(kStoppedPrefix.size())},
                                 {"reason", std::string(json::string_or(order.value, "reason", ""))},
                                 {"since", std::string(json::string_or(order.value, "since", ""))}});
  return pack::ToolOutput{json::Object{{"items", std::move(items)}}, {}};
}

}  // namespace

Result<std::vector<KernelTool>> make_stop_tools() {
  KernelToolSpec spec;
  spec.name = "kernel:stop";
  spec.title = "Stop a tool, a subject or everything";
  spec.description = "Cancels its calls that run and refuses later ones with STOPPED, until it is resumed.";
  spec.scope = "control:stop";
  spec.operator_key = false;
  spec.input_schema = kStopInput;
  spec.output_schema = kStopOutput;
  LUMENFLOW_TRY_ASSIGN(KernelTool stops, make_kernel_tool(spec, stop));
  stops.on_http = true;
  spec.name = "kernel:resume";
  spec.title = "Resume what was stopped";
  spec.description = "Calls of that target are taken again; other orders that stop them stand.";
  spec.operator_key = true;
  LUMENFLOW_TRY_ASSIGN(KernelTool resumes, make_kernel_tool(spec, resume));
  resumes.on_http = true;
  std::vector<KernelTool> tools;
  tools.push_back(std::move(stops));
  tools.push_back(std::move(resumes));
  spec.name = "kernel:stop_list";
  spec.title = "List what is stopped";
  spec.description = "Every order that stands.";
  spec.permission = pack::Permission::kRead;
  spec.operator_key = false;
  spec.input_schema = R"({"type": "object", "additionalProperties": false})";
  spec.output_schema = kStopListOutput;
  spec.scope = "tools:read";
  LUMENFLOW_TRY_ASSIGN(KernelTool lists, make_kernel_tool(spec, list_stops));
  lists.on_http = true;
  tools.push_back(std::move(lists));
  return tools;
}

}  // namespace lumenflow::kernel
