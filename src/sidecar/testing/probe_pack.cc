#include "sidecar/testing/probe_pack.h"

#include <chrono>

namespace lumenflow::sidecar {
namespace {

using pack::ToolContext;
using pack::ToolError;
using pack::ToolOutput;
using pack::ToolResult;
using std::chrono::milliseconds;

constexpr milliseconds kPatience{10'000}, kLookForCancellation{2};

constexpr std::string_view kProbeManifest = R"(
id: probe
version: 1.0.0
title: Probe
runtime: {type: builtin}
emitted_event_kinds: ["probe:happened"]
backpressure_policy: {"probe:happened": queue}
subscribed_event_kinds: ["probe:happened"]
event_schemas:
  "probe:happened": {type: object, required: [n], properties: {n: {type: integer}}}
tools:
  - name: probe:echo
    title: Echo
    description: Answers its input
    permission: read
    required_scopes: [{type: path, pattern: "data/**", access: read}]
    input_schema: {type: object, properties: {text: {type: string}}, additionalProperties: false}
  - name: probe:wait
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    timeout_ms: 60000
  - name: probe:deaf
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    timeout_ms: 60000
  - name: probe:fail
    permission: read
    required_scopes: [{type: path, pattern: "data/**", access: read}]
  - name: probe:emit
    permission: write
    required_scopes: [{type: path, pattern: "data/**", access: write}]
    input_schema: {type: object, required: [n], properties: {n: {type: integer}}, additionalProperties: false}
)";

ToolResult wait(ToolContext& context, bool deaf) {
  context.progress(0.5, "at the gate");
  if (!probe_gate().pass(context, deaf)) return ToolError{"GAVE_UP", "nobody opened the gate", {}};
  return ToolOutput{json::Object{{"passed", true}}, {}};
}

ToolResult emit_done(ToolContext& context, const json::Value& input) {
  if (Status status = context.emit("probe:happened", input); !status.ok())
    return ToolError{std::string(name(status.error().code())), status.error().message(), {}};
  return ToolOutput{json::Object{}, {}};
}

// Cannot bear the number 13.
Status hear(pack::HandlerContext& context, const pack::Event& event) {
  const json::Value& n = *event.payload.find("n");
  if (n == json::Value(13)) return Error(ErrorCode::kUnreachable, "thirteen");
  return context.store().put("heard", n);
}

void register_probe(pack::Registration& registration) {
  registration.handler("probe:happened", {.idempotent = true, .store_only = true, .bounded = true}, hear);
  constexpr pack::ToolTraits kStrand{.store_only = true, .bounded = true};
  registration.tool("probe:echo", kStrand, [](ToolContext&, const json::Value& input) -> ToolResult {
    return ToolOutput{input, {}};
  });
  registration.tool("probe:wait", {}, [](ToolContext& context, const json::Value&) { return wait(context, false); });
  registration.tool("probe:deaf", {}, [](ToolContext& context, const json::Value&) { return wait(context, true); });
  registration.tool("probe:fail", kStrand, [](ToolContext&, const json::Value& input) -> ToolResult {
    const json::Value* details = input.find("details");
    return ToolError{"NO_LUCK", "the tool says no", details == nullptr ? json::Value() : *details};
  });
  registration.tool("probe:emit", kStrand, emit_done);
}

}  // namespace

void Gate::open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
  changed_.notify_all();
}

void Gate::shut() {
  const std::lock_guard lock(mutex_);
  open_ = false;
  arrivals_ = 0;
}

bool Gate::wait_for_arrivals(int count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return arrivals_ >= count; });
}

bool Gate::pass(const ToolContext& context, bool deaf) {
  std::unique_lock lock(mutex_);
  ++arrivals_;
  changed_.notify_all();
  while (!open_ && (deaf || !context.cancelled())) changed_.wait_for(lock, kLookForCancellation);
  return open_;
}

Gate& probe_gate() {
  static Gate gate;
  return gate;
}

const pack::BuiltinPack& probe_pack() {
  static const pack::BuiltinPack pack{"probe", {{"manifest.yaml", kProbeManifest}}, register_probe};
  return pack;
}

}  // namespace lumenflow::sidecar
