#include "sidecar/uplink_tools.h"

#include <chrono>
#include <future>
#include <utility>

#include "base/ulid.h"
#include "event/event.h"
#include "sidecar/uplink_host.h"

namespace lumenflow::sidecar {
namespace {

constexpr std::chrono::seconds kUplinkPatience{10};

constexpr std::string_view kConsentInput = R"({
  "type": "object", "additionalProperties": false, "required": ["log_id"],
  "properties": {"log_id": {"type": "string", "minLength": 1, "maxLength": 200,
                            "description": "of the journal to go on with, as GET /outbox says it"}}})";
constexpr std::string_view kConsentOutput = R"({
  "type": "object", "additionalProperties": false, "required": ["log_id"],
  "properties": {"log_id": {"type": "string", "description": "the journal's from now on"}}})";
constexpr std::string_view kSendInput = R"({
  "type": "object", "additionalProperties": false, "required": ["kind", "payload"],
  "properties": {
    "kind": {"type": "string", "minLength": 1, "maxLength": 200, "description": "one that comes from outside"},
    "payload": {"type": "object"}}})";
constexpr std::string_view kSendOutput = R"({
  "type": "object", "additionalProperties": false, "required": ["event_id", "kind", "from", "stream", "seq"],
  "properties": {"event_id": {"type": "string"}, "kind": {"type": "string"}, "from": {"type": "string"},
                 "stream": {"type": "string"}, "seq": {"type": "integer"}}})";

// What comes of it, within a while. The one who answers may do so when nobody listens any more.
template <class T>
Result<T> await(Result<std::future<Result<T>>> asked) {
  if (!asked.ok()) return asked.error();
  if (asked->wait_for(kUplinkPatience) != std::future_status::ready)
    return Error(ErrorCode::kUnreachable,
                 "the uplink did not answer within 10 s; `lumenflow outbox stats` says how it is");
  try {
    return asked->get();
  } catch (const std::future_error&) {
    return Error(ErrorCode::kUnreachable, "the uplink was stopped");
  }
}

pack::ToolResult consent(UplinkSlot& slot, const json::Value& input) {
  const std::string log_id(json::string_or(input, "log_id", ""));
  const Result<std::string> done =
      await<std::string>(slot.with([&log_id](UplinkHost& host) { return host.consent(log_id); }));
  if (!done.ok()) return kernel::refused(done.error());
  return pack::ToolOutput{json::Object{{"log_id", *done}}, {}};
}

std::string inbound_kinds() {
  std::string names;
  for (const event::KnownKind& kind : event::kernel_kinds())
    if (kind.inbound) names.append(names.empty() ? "" : ", ").append(kind.kind);
  return names;
}

pack::ToolResult send(UplinkSlot& slot, pack::ToolContext& context, const json::Value& input) {
  const std::string kind(json::string_or(input, "kind", ""));
  const event::KnownKind* const known = event::find_kernel_kind(kind);
  if (known == nullptr || !known->inbound)
    return pack::ToolError{
        "UNKNOWN_KIND", "'" + kind + "' is no kind that comes from outside; those are " + inbound_kinds(), {}};
  const json::Value& payload = *input.find("payload");
  if (Status valid = event::validate_kernel_payload(kind, payload); !valid.ok()) return kernel::refused(valid.error());
  event::BuildOptions options;
  options.timestamp = Timestamp{context.now_ms()};
  const auto drawn = parse_ulid(context.new_ulid());
  options.entropy = drawn->bytes;
  const Result<event::Event> event = event::build_kernel_event_v2(kind, payload, options);
  if (!event.ok()) return kernel::refused(event.error());
  const Result<uplink::StreamAt> at = await<uplink::StreamAt>(
      slot.with([&event, &context](UplinkHost& host) { return host.put_in(*event, context.subject()); }));
  if (!at.ok()) return kernel::refused(at.error());
  return pack::ToolOutput{json::Object{{"event_id", event->event_id},
                                       {"kind", kind},
                                       {"from", context.subject()},
                                       {"stream", at->stream},
                                       {"seq", at->place.seq}},
                          {}};
}

// What it does lies outside the journal: on the executor, and its start is recorded first.
Result<kernel::KernelTool> make_tool(const kernel::KernelToolSpec& spec, pack::ToolHandler handler) {
  LUMENFLOW_TRY_ASSIGN(kernel::KernelTool tool, kernel::make_kernel_tool(spec, std::move(handler)));
  tool.tool.traits = {};
  return tool;
}

}  // namespace

Result<std::vector<kernel::KernelTool>> make_uplink_tools(std::shared_ptr<UplinkSlot> slot) {
  kernel::KernelToolSpec consent_spec;
  consent_spec.name = "kernel:outbox_consent";
  consent_spec.title = "Go on after LOG_FORKED";
  consent_spec.description =
      "The other side takes this journal as a new one; what it had not acknowledged goes out, and nothing else. Where "
      "it "
      "has another history under the journal's log_id, as after a clone went first, the journal takes a new one.";
  consent_spec.scope = "tools:admin";
  consent_spec.input_schema = kConsentInput;
  consent_spec.output_schema = kConsentOutput;
  kernel::KernelToolSpec send_spec = consent_spec;
  send_spec.name = "kernel:inbox_send";
  send_spec.title = "Say something as the other side";
  send_spec.description =
      "Puts an event of a kind that comes from outside into the loopback adapter, from the caller, for the workspace "
      "to "
      "receive.";
  send_spec.input_schema = kSendInput;
  send_spec.output_schema = kSendOutput;
  send_spec.operator_key = false;

  std::vector<kernel::KernelTool> tools;
  LUMENFLOW_TRY_ASSIGN(
      kernel::KernelTool consent_tool,
      make_tool(consent_spec, [slot](pack::ToolContext&, const json::Value& input) { return consent(*slot, input); }));
  LUMENFLOW_TRY_ASSIGN(kernel::KernelTool send_tool,
                       make_tool(send_spec, [slot](pack::ToolContext& context, const json::Value& input) {
                         return send(*slot, context, input);
                       }));
  tools.push_back(std::move(consent_tool));
  tools.push_back(std::move(send_tool));
  return tools;
}

}  // namespace lumenflow::sidecar
