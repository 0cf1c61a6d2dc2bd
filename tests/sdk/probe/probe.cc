// The pack that protocol_test.py drives, in C++.
#include <cstdio>
#include <stdexcept>

#include "lumenflow/process.h"

namespace {

using namespace lumenflow;
using namespace lumenflow::pack;

ToolResult refused(const Error& error) { return ToolError{std::string(name(error.code())), error.message(), {}}; }

// A tool that stops at the first error.
template <class Body>
ToolHandler tool(Body body) {
  return [body](ToolContext& context, const json::Value& input) -> ToolResult {
    Result<json::Value> data = body(context, input);
    if (!data.ok()) return refused(data.error());
    return ToolOutput{*std::move(data), {}};
  };
}

Result<json::Value> surroundings(ToolContext& context, const json::Value&) {
  json::Array ulids{context.new_ulid(), context.new_ulid()};
  return json::Value(json::Object{{"receipt_id", context.receipt_id()},
                                  {"tool", context.tool()},
                                  {"subject", context.subject()},
                                  {"now_ms", context.now_ms()},
                                  {"ulids", std::move(ulids)},
                                  {"config", context.config()}});
}

Result<json::Value> ledger(ToolContext& context, const json::Value& input) {
  Store& store = context.store();
  LUMENFLOW_TRY(store.put("a", input));
  LUMENFLOW_TRY(store.erase("b"));
  LUMENFLOW_TRY_ASSIGN(const auto absent, store.get("b"));
  LUMENFLOW_TRY_ASSIGN(const auto items, store.scan("a", "", 100));
  json::Array keys;
  for (const StoreItem& item : items) keys.emplace_back(item.key);
  LUMENFLOW_TRY_ASSIGN(const Emitted emitted,
                       context.emit_now("probe:done", json::Object{{"n", 1}}, {"k", "2026-03-01T13:00:00+01:00"}));
  LUMENFLOW_TRY(context.emit("probe:done", json::Object{{"n", 2}}));
  LUMENFLOW_TRY_ASSIGN(auto a, store.get("a"));
  return json::Value(json::Object{
      {"a", a.value_or(nullptr)}, {"absent", !absent}, {"keys", std::move(keys)}, {"event_id", emitted.event_id}});
}

ToolResult refuse(ToolContext&, const json::Value&) {
  return ToolError{"NOT_FOUND", "no such thing", json::Object{{"asked", true}}};
}

ToolResult crash(ToolContext&, const json::Value&) { throw std::runtime_error("the tool broke"); }

Result<json::Value> until_cancelled(ToolContext& context, const json::Value&) {
  for (;;) {
    if (const auto asked = context.store().get("a"); !asked.ok()) return asked.error();
  }
}

ToolResult print(ToolContext& context, const json::Value&) {
  std::printf("this is no message\n");
  process_run(context)->progress(0.5, "half");
  process_run(context)->log("info", "a line", json::Object{{"n", 1}});
  return ToolOutput{json::Object{{"printed", true}}, {json::Object{{"type", "text"}, {"text", "printed"}}}};
}

Result<json::Value> outside(ToolContext& context, const json::Value&) {
  ProcessRun& run = *process_run(context);
  LUMENFLOW_TRY_ASSIGN(json::Value data, run.invoke("other:tool", json::Object{{"x", 1}}, "i"));
  LUMENFLOW_TRY_ASSIGN(const HttpResponse response, context.fetch({"https://example.com/hook", "{}", 10'000, {}}));
  LUMENFLOW_TRY_ASSIGN(const bool handled, run.was_handled("conductor:recovery_requested", "t-1"));
  LUMENFLOW_TRY_ASSIGN(json::Value task, run.tasks("claim", json::Object{{"task_id", "t-1"}}));
  return json::Value(json::Object{
      {"data", std::move(data)}, {"status", response.status}, {"handled", handled}, {"task", std::move(task)}});
}

// What came in pieces until there were as many characters as wanted, and whether that was all.
Result<json::Value> streamed(ToolContext& context, const json::Value& input) {
  std::string text;
  HttpRequest request;
  request.url = "https://example.com/stream";
  request.method = "GET";
  request.headers = {{"authorization", "Bearer ", "PROBE_KEY"}};
  request.sink = [&](const HttpResponse&, std::string_view piece) {
    text += piece;
    return static_cast<std::int64_t>(text.size()) < json::integer_or(input, "wanted", 1000);
  };
  LUMENFLOW_TRY_ASSIGN(const HttpResponse response, context.fetch(request));
  return json::Value(
      json::Object{{"text", text}, {"complete", response.complete}, {"type", response.header("content-type")}});
}

Result<json::Value> program(ToolContext& context, const json::Value&) {
  json::Array lines;
  ProgramRequest request;
  request.command = {"printf", "a\\nb"};
  request.directory = "jobs";
  request.environment = {"X=1"};
  request.paths = {{"jobs/**", false}};
  request.input = "in";
  request.timeout_ms = 1000;
  request.on_line = [&](ProgramStream stream, std::string_view line) {
    lines.emplace_back((stream == ProgramStream::kOutput ? "output: " : "errors: ") + std::string(line));
  };
  LUMENFLOW_TRY_ASSIGN(const ProgramEnd end, context.run_program(request));
  return json::Value(json::Object{{"lines", std::move(lines)}, {"exit_code", end.exit_code}, {"limit", end.limit}});
}

std::string target_of(const Event& event) { return std::string(json::string_or(event.payload, "target_id", "")); }

Status recover(HandlerContext& context, const Event& event) {
  return context.store().put("recovered/" + target_of(event),
                             json::Object{{"attempt", context.attempt()}, {"from", event.from}});
}

Status created(HandlerContext&, const Event& event) {
  return Error(ErrorCode::kInternal, "not today, " + std::string(json::string_or(event.payload, "task_id", "")));
}

Aftermath status(const StartedCall& call) {
  if (call.receipt_id == "rcpt-applied") return {Aftermath::Effect::kDone, json::Object{{"n", 1}}};
  return {call.receipt_id == "rcpt-not" ? Aftermath::Effect::kNone : Aftermath::Effect::kUnknown, {}};
}

void register_pack(Registration& registration) {
  registration.tool("probe:echo", {}, [](ToolContext&, const json::Value& input) { return ToolOutput{input, {}}; });
  registration.tool("probe:surroundings", {}, tool(surroundings));
  registration.tool("probe:ledger", {}, tool(ledger));
  registration.tool("probe:refuse", {}, refuse);
  registration.tool("probe:crash", {}, crash);
  registration.tool("probe:until_cancelled", {}, tool(until_cancelled));
  registration.tool("probe:print", {}, print);
  registration.tool("probe:outside", {}, tool(outside));
  registration.tool("probe:streamed", {}, tool(streamed));
  registration.tool("probe:program", {}, tool(program));
  registration.handler("conductor:recovery_requested", {}, recover, target_of);
  registration.handler("task_created", {.idempotent = true}, created);
  registration.status(status);
}

}  // namespace

int main() { return lumenflow::pack::run(register_pack); }
