// A call as a task of the extension: asked after instead of waited for.
#include <utility>

#include "mcp_server/call_round.h"

namespace lumenflow::mcp_server {
namespace {

constexpr std::int64_t kPollMs = 500;

}  // namespace

void McpCall::become_task() {
  if (is_task_ || !request_ || !receipt_) return;
  is_task_ = true;
  task_id_ = receipt_->str();
  ports_.changed(*this);  // it can be asked after before the client knows of it
  reply_task();
}

void McpCall::reply_task() {
  const McpRequestPtr request = std::exchange(request_, {});
  json::Value seed = task();
  seed.as_object().erase("inputRequests");
  request->reply_as("task", std::move(seed));
}

json::Value McpCall::task() const {
  std::string_view status = "working";
  if (round_) status = "input_required";
  if (outcome_) status = std::holds_alternative<json::Value>(*outcome_) ? "completed" : "failed";
  if (outcome_ && cancelled_) status = "cancelled";
  json::Object out{{"taskId", task_id_},
                   {"status", status},
                   {"createdAt", format_rfc3339(created_)},
                   {"lastUpdatedAt", format_rfc3339(updated_)},
                   {"ttlMs", std::int64_t{3'600'000}},
                   {"pollIntervalMs", kPollMs}};
  if (!task_message_.empty()) out.set("statusMessage", task_message_);
  if (status == "input_required") out.set("inputRequests", input_requests());
  if (status == "completed") out.set("result", std::get<json::Value>(*outcome_));
  if (status == "failed") {
    const auto& error = std::get<mcp::RpcError>(*outcome_);
    json::Object body{{"code", error.code}, {"message", error.message}};
    if (!error.data.is_null()) body.set("data", error.data);
    out.set("error", std::move(body));
  }
  return json::Value(std::move(out));
}

}  // namespace lumenflow::mcp_server
