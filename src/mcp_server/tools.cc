// tools/list and tools/call (server/tools).
#include <algorithm>
#include <optional>
#include <utility>

#include "base/encoding.h"
#include "mcp/names.h"
#include "mcp_server/server.h"

namespace lumenflow::mcp_server {
namespace {

bool says_something(const json::Value& schema) {
  return schema.is_object() && (schema.as_object().size() > 1 || schema.find("type") == nullptr);
}

json::Value listing(const std::string& name, const pack::ActiveTool& tool) {
  const pack::ToolDescriptor& descriptor = tool.descriptor;
  mcp::ToolHints hints;
  hints.reads_only = descriptor.permission == pack::Permission::kRead;
  hints.idempotent = descriptor.idempotent;
  hints.open_world = std::ranges::any_of(descriptor.required_scopes, [](const pack::Scope& scope) {
    return scope.type == pack::Scope::Type::kNetwork && scope.posture != pack::NetworkPosture::kOff;
  });
  json::Object out{{"name", name}};
  if (!descriptor.title.empty()) out.set("title", descriptor.title);
  if (!descriptor.description.empty()) out.set("description", descriptor.description);
  out.set("inputSchema", descriptor.input_schema);
  if (says_something(descriptor.output_schema)) out.set("outputSchema", descriptor.output_schema);
  out.set("annotations", mcp::annotations(hints, descriptor.title));
  out.set("_meta", json::Object{{"io.lumenflow/tool", descriptor.name}, {"io.lumenflow/pack", tool.pack->manifest.id}});
  return json::Value(std::move(out));
}

json::Array text_part(std::string text) {
  json::Array parts;
  parts.push_back(json::Object{{"type", "text"}, {"text", std::move(text)}});
  return parts;
}

// A parked call has done nothing yet, which no client must take for a success.
json::Value parked(const kernel::CallResult& result, const json::Value& body) {
  const json::Value* found = body.find("approval_id");
  if (found == nullptr) found = body.at_pointer("/error/details/approval_id");
  const std::string approval = found != nullptr && found->is_string() ? found->as_string() : std::string();
  const std::string receipt = result.receipt.str();
  return json::Object{
      {"content", text_part("Nothing was done yet: the call waits for the approval " + approval +
                            ". Once somebody gives it (lumenflow approvals approve " + approval +
                            ") it runs by itself; read lumenflow://calls/" + receipt + " for what came of it.")},
      {"isError", true},
      {"_meta", json::Object{{"io.lumenflow/status", "pending_approval"},
                             {"io.lumenflow/approval_id", approval},
                             {"io.lumenflow/receipt_id", receipt}}}};
}

// The kernel says where its own clients find the tools.
std::string for_mcp(std::string message) {
  for (const std::string_view place : {"GET /tools lists them", "`lumenflow tools` lists them"})
    if (message.ends_with(place)) message.replace(message.size() - place.size(), place.size(), "tools/list has them");
  return message;
}

mcp::RpcError refused(const kernel::CallResult& result, const json::Value* error, mcp::Revision revision) {
  const std::string message(error == nullptr ? std::string_view(info(*result.code).meaning)
                                             : json::string_or(*error, "message", ""));
  mcp::RpcError out = mcp::rpc_error(Error(*result.code, for_mcp(message)), revision);
  if (result.code == ErrorCode::kToolNotFound) out.code = mcp::kInvalidParams;  // the method is there, the tool is not
  const json::Value* const details = error == nullptr ? nullptr : error->find("details");
  if (details != nullptr) out.data.as_object().set("details", *details);
  out.data.as_object().set("receipt_id", result.receipt.str());
  return out;
}

// A mounted server has refused the call in the protocol's own words (mounts/tool_answer.h), which stay what they are.
std::optional<mcp::RpcError> refused_there(const json::Value& error, const std::string& receipt) {
  if (json::string_or(error, "code", "") != "SERVER_REFUSED") return std::nullopt;
  const json::Value* const details = error.find("details");
  const std::int64_t code = details == nullptr ? 0 : json::integer_or(*details, "json_rpc", 0);
  if (code < -32'999 || code > -32'000) return std::nullopt;
  json::Object data{{"code", "SERVER_REFUSED"}, {"receipt_id", receipt}};
  if (const json::Value* const said = details->find("data")) data.set("details", *said);
  return mcp::RpcError{static_cast<int>(code), std::string(json::string_or(error, "message", "")), std::move(data)};
}

json::Value failed(const json::Value& error, const std::string& receipt) {
  const std::string code(json::string_or(error, "code", "")), message(json::string_or(error, "message", ""));
  std::string text = code + ": " + message;
  if (const json::Value* const details = error.find("details"); details != nullptr && !details->is_null())
    text += "\n" + json::serialize(*details);
  return json::Object{{"content", text_part(std::move(text))},
                      {"isError", true},
                      {"_meta", json::Object{{"io.lumenflow/receipt_id", receipt}, {"io.lumenflow/error", error}}}};
}

json::Value succeeded(const json::Value& body, const std::string& receipt, bool promises, bool any_value) {
  const json::Value* const data = body.find("data");
  const json::Value* const content = body.find("content");
  const bool has_parts = content != nullptr && content->is_array() && !content->as_array().empty();
  const bool has_data = data != nullptr && !(data->is_object() && data->as_object().empty());
  json::Object out{{"content", has_parts ? *content : json::Value(text_part(data ? json::serialize(*data) : "{}"))}};
  if (data != nullptr && (data->is_object() || any_value) && (promises || has_data))
    out.set("structuredContent", *data);
  out.set("isError", false);
  out.set("_meta", json::Object{{"io.lumenflow/receipt_id", receipt}});
  return json::Value(std::move(out));
}

}  // namespace

// What the Result of a call is as a CallToolResult: what a tool said is a result, what the kernel refused an error of
// the protocol, but for bad input, which a model can mend (server/tools, "Error Handling").
McpOutcome tool_outcome(const kernel::CallResult& result, mcp::Revision revision, bool promises) {
  const Result<json::Value> body = json::parse(result.body, {.depth_max = 256});
  const json::Value empty = json::Object{};
  const json::Value& document = body.ok() && body->is_object() ? *body : empty;
  const json::Value* const error = document.find("error");
  if (result.outcome == journal::Outcome::kPending) return parked(result, document);
  if (result.code && result.code != ErrorCode::kInvalidInput) return refused(result, error, revision);
  if (error != nullptr)
    if (auto refusal = refused_there(*error, result.receipt.str())) return *std::move(refusal);
  if (error != nullptr) return failed(*error, result.receipt.str());
  return succeeded(document, result.receipt.str(), promises, !mcp::has_sessions(revision));
}

void McpServer::list_tools(const McpRequestPtr& request) {
  json::Array all;
  for (const auto& [name, tool] : catalogue_.tools(*request->credential)) all.push_back(listing(name, *tool));
  Result<json::Value> page = mcp_page(*request, "tools", std::move(all));
  if (!page.ok()) return request->fail(page.error());
  request->reply_cacheable(*std::move(page), kMcpListTtlMs);
}

void McpServer::call_tool(const McpRequestPtr& request) {
  const std::string name(request->text("name"));
  if (name.empty()) return request->invalid("tools/call needs the 'name' of a tool");
  const json::Value* const arguments = request->message.param("arguments");
  if (arguments != nullptr && !arguments->is_object()) return request->invalid("'arguments' must be an object");
  const pack::ActiveTool* const tool = catalogue_.tool(name);
  const pack::McpTask task = tool == nullptr ? pack::McpTask::kNever : tool->descriptor.mcp_task;
  if (task == pack::McpTask::kRequired && request->stateless() && !request->knows_tasks())
    return request->fail(missing_capability(mcp::kTasksExtension), 400);
  const bool promises = tool != nullptr && says_something(tool->descriptor.output_schema);
  run(request, tool == nullptr ? name : tool->descriptor.name, arguments ? *arguments : json::Value(json::Object{}),
      task, [revision = request->revision, promises](const kernel::CallResult& result) {
        return tool_outcome(result, revision, promises);
      });
}

mcp::RequestIdentity McpServer::identity_of(const McpRequest& request) const {
  const bool by_uri = request.message.method == "resources/read";
  return {request.credential->subject.str(), request.message.method, request.text(by_uri ? "uri" : "name"),
          request.message.param("arguments")};
}

McpCall::Ports McpServer::ports() {
  const std::weak_ptr<McpServer> weak = weak_from_this();
  return {context_,
          [weak](const McpCall& call, const McpRequest& request) {
            const auto self = weak.lock();
            if (!self) return std::string();
            const Timestamp until{self->context_.clock.now().ms + 86'400'000};  // an approval may take a day
            const McpHandle handle{call.handle(), call.receipt()};
            return self->states_.seal(handle.text(), self->identity_of(request), until);
          },
          [weak](const ReceiptId& receipt, std::function<void(std::optional<kernel::CallResult>)> ended) {
            if (const auto self = weak.lock()) self->watch_.when_ended(receipt, std::move(ended));
          },
          [weak](const McpCall& call) {
            const auto self = weak.lock();
            if (!self || !call.is_task()) return;
            if (const auto found = self->calls_.find(call.handle()); found != self->calls_.end())
              self->keep_task(found->second);
          },
          [weak](const McpCall& call) {
            const auto self = weak.lock();
            if (!self) return;
            // Somebody may come back for it; not for ever.
            self->context_.after(std::chrono::minutes(5), [weak, handle = call.handle()] {
              if (const auto later = weak.lock()) later->calls_.erase(handle);
            });
          },
          [weak](const McpRequestPtr& request) {
            if (const auto self = weak.lock()) self->tend(request);
          }};
}

// Of a call that has ended, the journal has the result: for a client that asks again because the answer was lost.
void McpServer::next_round(const McpRequestPtr& request, const McpHandle& handle, const McpShape& shape) {
  const auto found = calls_.find(handle.key);
  if (found != calls_.end() && !found->second->answered()) return found->second->join(request);
  const auto result = handle.receipt ? recorded_result(context_, *handle.receipt) : std::nullopt;
  if (!result)
    return request->fail(Error(ErrorCode::kInvalidInput, "this request is over; send it anew without requestState"));
  answer_with(request, shape(*result));
}

void McpServer::run(const McpRequestPtr& request, const std::string& tool, json::Value input, pack::McpTask task,
                    McpShape shape) {
  const json::Value* const state = request->message.param("requestState");
  if (state != nullptr && request->stateless()) {
    const Result<std::string> handle = states_.open(state->is_string() ? state->as_string() : std::string(),
                                                    identity_of(*request), context_.clock.now());
    if (!handle.ok()) return request->fail(handle.error());
    return next_round(request, McpHandle::of(*handle), shape);
  }
  const json::Value* const key = request->message.meta("io.lumenflow/idempotencyKey");
  if (key != nullptr && (!key->is_string() || key->as_string().empty()))
    return request->fail(
        Error(ErrorCode::kInvalidInput, "_meta's io.lumenflow/idempotencyKey must be a string of 1 to 256 bytes"));
  const std::string handle = to_hex(context_.random.draw16());
  const auto call = std::make_shared<McpCall>(ports(), handle, std::move(shape));  // shared: see McpCall
  calls_[handle] = call;
  if (request->session)
    request->session->running[json::serialize(request->message.id)] = [weak = std::weak_ptr(call)] {
      if (const auto running = weak.lock()) running->cancel();
    };
  call->start(request, tool, std::move(input), task);
}

}  // namespace lumenflow::mcp_server
