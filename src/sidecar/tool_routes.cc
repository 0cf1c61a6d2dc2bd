// GET /tools, GET /tools/{name}, POST /tools/{name}, POST /kernel/{name}, POST /stop, POST /resume.
#include "sidecar/call_stream.h"
#include "sidecar/metrics.h"
#include "sidecar/routes.h"
#include "sidecar/tool_listing.h"

namespace lumenflow::sidecar {
namespace {

constexpr std::size_t kOnBehalfOfBytesMax = 128;

void list_tools(const ExchangePtr& exchange, RouteContext& context) {
  Workspace& workspace = context.workspace;
  const std::string etag = "\"" + workspace.registry().hash() + "\"";
  http::Response response;
  response.headers.emplace_back("ETag", etag);
  response.headers.emplace_back("Vary", "Authorization");
  if (http::names_etag(exchange->request().header("if-none-match").value_or(""), etag)) {
    response.status = 304;
    return exchange->send(std::move(response));
  }
  response.body = json::serialize(tools_document(workspace, *exchange->credential));
  exchange->send(std::move(response));
}

void show_tool(const ExchangePtr& exchange, RouteContext& context) {
  const pack::ActiveTool* tool = context.workspace.registry().find(exchange->path("name"));
  if (tool == nullptr || !may_see(*tool, *exchange->credential))
    return exchange->fail(Error(ErrorCode::kToolNotFound, "no active pack has this tool; GET /tools lists them"));
  exchange->send_json(tool_document(*tool, context.workspace, *exchange->credential));
}

void submit(const ExchangePtr& exchange, RouteContext& context, kernel::Call call) {
  // Shared with the call's completion.
  const auto stream = wants_stream(*exchange) ? std::make_shared<CallStream>(exchange, context) : nullptr;
  if (stream != nullptr) call.listener = stream->listener();
  const std::chrono::nanoseconds began = context.clock.monotonic();
  const auto answer = [exchange, stream, began, &context](const kernel::CallResult& result) {
    context.metrics.observe_call(context.clock.monotonic() - began);
    if (stream != nullptr) return stream->end(result);
    exchange->send_result(result);
  };
  const Status taken = context.workspace.kernel().submit(std::move(call), answer);
  if (!taken.ok()) exchange->fail(taken.error());
}

// The conductor says for which of its operators it asks; nobody else speaks for others.
Result<std::shared_ptr<const kernel::Credential>> on_behalf_of(const Exchange& exchange,
                                                               const std::string& workspace_id) {
  const std::optional<std::string_view> whom = exchange.request().header("lumenflow-on-behalf-of");
  if (!whom) return exchange.credential;
  const bool is_operator = whom->starts_with("operator:") && whom->size() <= kOnBehalfOfBytesMax;
  if (exchange.credential->subject.str() != workspace_id + ":conductor" || !is_operator)
    return Error(ErrorCode::kInvalidRequest, "only the conductor acts on behalf of others, and of its operators alone");
  auto credential = std::make_shared<kernel::Credential>(*exchange.credential);  // shared: see Call::credential
  credential->on_behalf_of = *whom;
  return std::shared_ptr<const kernel::Credential>(std::move(credential));
}

void call_tool(const ExchangePtr& exchange, RouteContext& context, std::string tool) {
  const std::optional<std::string_view> task = exchange->request().header("lumenflow-task");
  const bool holds_task = !task || context.workspace.kernel().tasks().holds(exchange->credential->subject.str(), *task);
  if (!holds_task)
    return exchange->fail(
        Error(ErrorCode::kInvalidRequest, "the subject holds no such task; leave out the header lumenflow-task"));
  const auto credential = on_behalf_of(*exchange, context.workspace.config().id.str());
  if (!credential.ok()) return exchange->fail(credential.error());
  Result<json::Value> input = http::json_body(exchange->request(), context.workspace.config().limits.json_depth);
  if (!input.ok()) return exchange->fail(input.error());
  kernel::Call call = call_by(*exchange, std::move(tool), *std::move(input));
  call.credential = *credential;
  if (const auto key = exchange->request().header("idempotency-key")) call.idempotency_key = *key;
  if (const auto session = exchange->request().header("lumenflow-session")) call.session = *session;
  submit(exchange, context, std::move(call));
}

void call_kernel_tool(const ExchangePtr& exchange, RouteContext& context, std::string_view name) {
  const std::string tool = "kernel:" + std::string(name);
  auto credential = context.authenticator.with_operator(exchange->request(), exchange->credential, tool);
  if (!credential.ok()) return exchange->fail(credential.error());
  exchange->credential = *std::move(credential);
  call_tool(exchange, context, tool);
}

void add_kernel_routes(Routes& routes, RouteContext& context) {
  routes.add({.method = http::Method::kPost,
              .pattern = "/kernel/{name}",
              .id = "call_kernel_tool",
              .summary = "Call a kernel tool that has no route of its own",
              .request = "KernelInput",
              .answers = {{200, "ToolResult"}, {202, "PendingCall"}},
              .stream_item = "CallEvent",
              .refusal = "Refusal",
              .parameters = {{"LumenFlow-Operator", "string", "the proof of the operator key", true}},
              .access = Access::kSocketOnly},
             [&context](const ExchangePtr& exchange) { call_kernel_tool(exchange, context, exchange->path("name")); });
  routes.add({.method = http::Method::kPost,
              .pattern = "/stop",
              .id = "stop",
              .summary = "Stop {tool}, {subject} or {all: true}: what runs is ended, what comes is refused; needs "
                         "control:stop",
              .request = "StopRequest",
              .answers = {{200, "ToolResult"}, {202, "PendingCall"}},
              .stream_item = "CallEvent",
              .refusal = "Refusal"},
             [&context](const ExchangePtr& exchange) { call_kernel_tool(exchange, context, "stop"); });
  routes.add({.method = http::Method::kPost,
              .pattern = "/resume",
              .id = "resume",
              .summary = "Resume what was stopped; needs control:stop and the operator key",
              .request = "StopRequest",
              .answers = {{200, "ToolResult"}, {202, "PendingCall"}},
              .stream_item = "CallEvent",
              .refusal = "Refusal",
              .parameters = {{"LumenFlow-Operator", "string", "the proof of the operator key", true}}},
             [&context](const ExchangePtr& exchange) { call_kernel_tool(exchange, context, "resume"); });
  routes.add({.method = http::Method::kPost,
              .pattern = "/reload",
              .id = "reload",
              .summary = "Take up lumenflow.yaml and its packs as they are on disk; needs tools:admin and the operator "
                         "key",
              .request = "KernelInput",
              .answers = {{200, "ToolResult"}, {202, "PendingCall"}},
              .stream_item = "CallEvent",
              .refusal = "Refusal",
              .parameters = {{"LumenFlow-Operator", "string", "the proof of the operator key", true}}},
             [&context](const ExchangePtr& exchange) { call_kernel_tool(exchange, context, "reload"); });
}

}  // namespace

void add_tool_routes(Routes& routes, RouteContext& context) {
  routes.add({.pattern = "/tools",
              .scope = "tools:read",
              .id = "list_tools",
              .summary = "Every tool of every active pack",
              .answers = {{200, "ToolRegistry"}},
              .parameters = {{"If-None-Match", "string", "the registry's ETag: 304 while it holds", true}},
              .scope_of_one_pack = true},
             [&context](const ExchangePtr& exchange) { list_tools(exchange, context); });
  routes.add({.pattern = "/tools/{name}",
              .scope = "tools:read",
              .id = "show_tool",
              .summary = "One tool",
              .answers = {{200, "ToolEntry"}},
              .scope_of_one_pack = true},
             [&context](const ExchangePtr& exchange) { show_tool(exchange, context); });
  routes.add(
      {.method = http::Method::kPost,
       .pattern = "/tools/{name}",
       .id = "call_tool",
       .summary =
           "Call a tool by its name or an alias; the body is its input; with Accept: text/event-stream the answer "
           "is the events `started`, `progress` and last `result`",
       .request = "ToolInput",
       .answers = {{200, "ToolResult"}, {202, "PendingCall"}},
       .stream_item = "CallEvent",
       .refusal = "Refusal",
       .parameters = {{"Idempotency-Key", "string", "the same key again gives the recorded result", true},
                      {"LumenFlow-On-Behalf-Of", "string", "the operator for whom the conductor asks", true}}},
      [&context](const ExchangePtr& exchange) { call_tool(exchange, context, std::string(exchange->path("name"))); });
  add_kernel_routes(routes, context);
}

}  // namespace lumenflow::sidecar
