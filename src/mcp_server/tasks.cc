// Tasks, the extension io.modelcontextprotocol/tasks: a call that its client asks after. A task is named by the call's
// receipt, so that the journal can tell of it when this process no longer can.
#include <utility>

#include "mcp_server/server.h"

namespace lumenflow::mcp_server {

McpOutcome tool_outcome(const kernel::CallResult& result, mcp::Revision revision, bool promises);  // tools.cc

namespace {

constexpr std::size_t kTasksMax = 4096;

// A task of an earlier process, as the journal has it.
std::optional<json::Value> recorded_task(RouteContext& context, const McpRequest& request, const std::string& id) {
  const Result<journal::RecordedCall> call = context.workspace.kernel().reader().call(ReceiptId(id));
  if (!call.ok() || json::string_or(call->requested, "subject", "") != request.credential->subject.str())
    return std::nullopt;
  const std::string created(json::string_or(call->requested, "ts", ""));
  json::Object task{{"taskId", id},     {"status", "working"},  {"createdAt", created}, {"lastUpdatedAt", created},
                    {"ttlMs", nullptr}, {"pollIntervalMs", 500}};
  const std::optional<kernel::CallResult> result = recorded_result(context, ReceiptId(id));
  if (!result) return json::Value(std::move(task));
  McpOutcome outcome = tool_outcome(*result, request.revision, false);
  const bool cancelled = result->outcome == journal::Outcome::kCancelled;
  if (auto* const value = std::get_if<json::Value>(&outcome); value != nullptr && !cancelled) {
    task.set("status", "completed");
    task.set("result", std::move(*value));
  } else if (cancelled) {
    task.set("status", "cancelled");
  } else {
    const auto& error = std::get<mcp::RpcError>(outcome);
    task.set("status", "failed");
    task.set("error", json::Object{{"code", error.code}, {"message", error.message}});
  }
  return json::Value(std::move(task));
}

}  // namespace

bool McpServer::knows_tasks_or_fails(const McpRequestPtr& request) {
  if (request->knows_tasks()) return true;
  request->fail(missing_capability(mcp::kTasksExtension), 400);
  return false;
}

McpCallPtr McpServer::task_of(const McpRequestPtr& request) {
  const auto found = tasks_.find(std::string(request->text("taskId")));
  if (found != tasks_.end() && found->second->subject() == request->credential->subject.str()) return found->second;
  request->invalid("there is no such task");
  return nullptr;
}

void McpServer::get_task(const McpRequestPtr& request) {
  if (!knows_tasks_or_fails(request)) return;
  const std::string id(request->text("taskId"));
  if (!tasks_.contains(id))
    if (auto task = recorded_task(context_, *request, id)) return request->reply(*std::move(task));
  if (const McpCallPtr call = task_of(request)) request->reply(call->task());
}

void McpServer::update_task(const McpRequestPtr& request) {
  if (!knows_tasks_or_fails(request)) return;
  const json::Value* const responses = request->message.param("inputResponses");
  if (responses == nullptr || !responses->is_object()) return request->invalid("tasks/update needs 'inputResponses'");
  const McpCallPtr call = task_of(request);
  if (!call) return;
  call->take_answers(*responses);
  request->reply(json::Object{});
}

void McpServer::cancel_task(const McpRequestPtr& request) {
  if (!knows_tasks_or_fails(request)) return;
  const McpCallPtr call = task_of(request);
  if (!call) return;
  call->cancel();
  request->reply(json::Object{});
}

void McpServer::keep_task(const McpCallPtr& call) {
  tasks_[call->task_id()] = call;
  while (tasks_.size() > kTasksMax) tasks_.erase(tasks_.begin());  // by receipt, so the oldest; the journal has them
  tell_of_task(*call);
}

}  // namespace lumenflow::mcp_server
