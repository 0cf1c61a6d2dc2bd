#include "sidecar/dead_letter_tools.h"

#include "kernel/kernel.h"

namespace lumenflow::sidecar {
namespace {

constexpr std::string_view kInput = R"({
  "type": "object", "additionalProperties": false, "required": ["position"],
  "properties": {
    "stream": {"type": "string", "minLength": 1, "maxLength": 200, "description": "default: sidecar"},
    "position": {"type": "integer", "minimum": 1, "maximum": 9007199254740991,
                 "description": "of the event in the journal, as outbox dead-letters lists it"}
  }})";
constexpr std::string_view kOutput = R"({
  "type": "object", "additionalProperties": false, "required": ["stream", "position"],
  "properties": {"stream": {"type": "string"}, "position": {"type": "integer"}}})";

constexpr std::string_view kDeliveryInput = R"({
  "type": "object", "additionalProperties": false, "required": ["pack", "position"],
  "properties": {
    "pack": {"type": "string", "minLength": 1, "maxLength": 64},
    "stream": {"type": "string", "minLength": 1, "maxLength": 200, "description": "default: sidecar"},
    "position": {"type": "integer", "minimum": 1, "maximum": 9007199254740991,
                 "description": "of the event in the journal, as GET /handlers/{pack}/dead-letters lists it"}
  }})";

using Act = Status (kernel::Kernel::*)(std::string_view stream, Position at);

kernel::KernelControl control(Act act) {
  return [act](kernel::Kernel& kernel, const json::Value& input) -> pack::ToolResult {
    const std::string stream(json::string_or(input, "stream", kernel::kSidecarStream));
    const std::int64_t position = json::integer_or(input, "position", 0);
    const Status status = (kernel.*act)(stream, Position(static_cast<std::uint64_t>(position)));
    if (!status.ok()) return kernel::refused(status.error());
    return pack::ToolOutput{json::Object{{"stream", stream}, {"position", position}}, {}};
  };
}

using DeliveryAct = Status (kernel::Kernel::*)(std::string_view pack, std::string_view stream, Position at);

kernel::KernelControl control(DeliveryAct act) {
  return [act](kernel::Kernel& kernel, const json::Value& input) -> pack::ToolResult {
    const std::string stream(json::string_or(input, "stream", kernel::kSidecarStream));
    const std::int64_t position = json::integer_or(input, "position", 0);
    const Status status =
        (kernel.*act)(json::string_or(input, "pack", ""), stream, Position(static_cast<std::uint64_t>(position)));
    if (!status.ok()) return kernel::refused(status.error());
    return pack::ToolOutput{json::Object{{"stream", stream}, {"position", position}}, {}};
  };
}

}  // namespace

Result<std::vector<kernel::KernelTool>> make_dead_letter_tools() {
  kernel::KernelToolSpec requeue;
  requeue.name = "kernel:outbox_requeue";
  requeue.title = "Send a dead letter again";
  requeue.description = "Puts the event at the end of its stream under a new seq; its event_id stays.";
  requeue.scope = "tools:admin";
  requeue.input_schema = kInput;
  requeue.output_schema = kOutput;
  requeue.operator_key = false;
  kernel::KernelToolSpec purge = requeue;
  purge.name = "kernel:outbox_purge";
  purge.title = "Let a dead letter go";
  purge.description = "The event stays in the journal and is not sent; its tombstone stands in the stream.";

  std::vector<kernel::KernelTool> tools;
  LUMENFLOW_TRY_ASSIGN(kernel::KernelTool requeue_tool,
                       kernel::make_kernel_tool(requeue, control(&kernel::Kernel::requeue_dead_letter)));
  LUMENFLOW_TRY_ASSIGN(kernel::KernelTool purge_tool,
                       kernel::make_kernel_tool(purge, control(&kernel::Kernel::purge_dead_letter)));
  tools.push_back(std::move(requeue_tool));
  tools.push_back(std::move(purge_tool));

  kernel::KernelToolSpec again = requeue;
  again.name = "kernel:delivery_requeue";
  again.title = "Deliver a dead letter of a handler again";
  again.description = "One more attempt, outside of the stream's order; it stays a dead letter until it is applied.";
  again.input_schema = kDeliveryInput;
  kernel::KernelToolSpec forget = again;
  forget.name = "kernel:delivery_purge";
  forget.title = "Let a dead letter of a handler go";
  forget.description = "The event stays in the journal; the handler does not get it.";
  LUMENFLOW_TRY_ASSIGN(kernel::KernelTool again_tool,
                       kernel::make_kernel_tool(again, control(&kernel::Kernel::requeue_delivery)));
  LUMENFLOW_TRY_ASSIGN(kernel::KernelTool forget_tool,
                       kernel::make_kernel_tool(forget, control(&kernel::Kernel::purge_delivery)));
  tools.push_back(std::move(again_tool));
  tools.push_back(std::move(forget_tool));
  return tools;
}

}  // namespace lumenflow::sidecar
