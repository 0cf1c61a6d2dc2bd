// GET /tasks, GET /tasks/{id}, POST /tasks and POST /tasks/{id}/{step}: the workspace's units of work.
#include <array>

#include "journal/tasks.h"
#include "sidecar/routes.h"

namespace lumenflow::sidecar {
namespace {

constexpr std::size_t kTasksPerPage = 1'000;

struct StepRoute {
  std::string_view step, pattern, id, summary;
};
constexpr std::array<StepRoute, 8> kSteps{{
    {"claim", "/tasks/{id}/claim", "claim_task", "Take a task that is ready"},
    {"block", "/tasks/{id}/block", "block_task", "Say why an active task cannot go on"},
    {"unblock", "/tasks/{id}/unblock", "unblock_task", "Let a blocked task go on"},
    {"wait", "/tasks/{id}/wait", "wait_task", "Say what an active task waits for"},
    {"resume", "/tasks/{id}/resume", "resume_task", "Let a waiting task go on"},
    {"release", "/tasks/{id}/release", "release_task", "Give an active task back"},
    {"delegate", "/tasks/{id}/delegate", "delegate_task", "Create a task as part of one that is claimed"},
    {"complete", "/tasks/{id}/complete", "complete_task", "Say that a task is done"},
}};

Result<json::Value> list_tasks(const Exchange& exchange, RouteContext& context) {
  LUMENFLOW_TRY_ASSIGN(const std::uint64_t limit, exchange.query_number("limit", 100, 1, kTasksPerPage));
  std::optional<journal::TaskState> state;
  if (const auto asked = exchange.query("state")) {
    state = journal::task_state_from_name(*asked);
    if (!state) return Error(ErrorCode::kInvalidRequest, "'state' is one of ready, active, blocked, waiting, done");
  }
  std::string after(exchange.query("after").value_or(""));
  if (after == "0") after.clear();  // from the start, as everywhere
  LUMENFLOW_TRY_ASSIGN(const auto snapshot, context.workspace.log().snapshot());
  LUMENFLOW_TRY_ASSIGN(const journal::TaskPage page, journal::list_tasks(*snapshot, state, after, limit));
  json::Array items;
  for (const journal::Task& task : page.items) items.push_back(journal::document_of(task));
  return json::Value(
      json::Object{{"items", std::move(items)}, {"next", page.next.empty() ? json::Value() : json::Value(page.next)}});
}

Result<json::Value> show_task(const Exchange& exchange, RouteContext& context) {
  LUMENFLOW_TRY_ASSIGN(const auto snapshot, context.workspace.log().snapshot());
  LUMENFLOW_TRY_ASSIGN(const auto task, journal::find_task(*snapshot, exchange.path("id")));
  if (!task) return Error(ErrorCode::kNotFound, "there is no task '" + std::string(exchange.path("id")) + "'");
  return json::Value(json::Object{{"task", journal::document_of(*task)}});
}

void answer(const ExchangePtr& exchange, const Result<json::Value>& document) {
  document.ok() ? exchange->send_json(*document) : exchange->fail(document.error());
}

// {task}, as the tool says it; a refusal, and a call that waits, as every route says them.
void answer_change(Exchange& exchange, const kernel::CallResult& result) {
  const Result<json::Value> body = json::parse(result.body, {.depth_max = 1'000});
  const json::Value* data = body.ok() ? body->find("data") : nullptr;
  if (result.outcome == journal::Outcome::kSuccess && data != nullptr) return exchange.send_json(*data);
  send_refusal(exchange, result);
}

// `id`: what the path names, under this member of the input.
void change(const ExchangePtr& exchange, RouteContext& context, std::string_view step, const char* member) {
  Result<json::Value> input = http::json_body(exchange->request(), context.workspace.config().limits.json_depth);
  if (!input.ok()) return exchange->fail(input.error());
  if (!input->is_object()) return exchange->fail(Error(ErrorCode::kInvalidInput, "the body is a JSON object"));
  if (member != nullptr) input->as_object().set(member, std::string(exchange->path("id")));
  kernel::Call call = call_by(*exchange, "kernel:task_" + std::string(step), *std::move(input));
  if (const auto key = exchange->request().header("idempotency-key")) call.idempotency_key = *key;
  make_call(exchange, context, std::move(call), answer_change);
}

}  // namespace

void add_task_routes(Routes& routes, RouteContext& context) {
  routes.add({.pattern = "/tasks",
              .scope = "tools:read",
              .id = "list_tasks",
              .summary = "Units of work, by id",
              .answers = {{200, "TaskPage"}},
              .parameters = {{"state", "string", "those alone that are ready, active, blocked, waiting or done"},
                             {"after", "string", "the 'next' of the page before"},
                             {"limit", "integer", "at most so many, up to 1000"}}},
             [&context](const ExchangePtr& exchange) { answer(exchange, list_tasks(*exchange, context)); });
  routes.add({.pattern = "/tasks/{id}",
              .scope = "tools:read",
              .id = "show_task",
              .summary = "One unit of work",
              .answers = {{200, "ShownTask"}}},
             [&context](const ExchangePtr& exchange) { answer(exchange, show_task(*exchange, context)); });
  routes.add({.method = http::Method::kPost,
              .pattern = "/tasks",
              .id = "create_task",
              .summary = "Record what is asked for: {task_id, type, title, lane?, spec?}; needs tools:write",
              .request = "NewTask",
              .answers = {{200, "ChangedTask"}, {202, "PendingCall"}},
              .refusal = "Refusal"},
             [&context](const ExchangePtr& exchange) { change(exchange, context, "create", nullptr); });
  for (const StepRoute& route : kSteps) {
    const char* member = route.step == "delegate" ? "parent_task_id" : "task_id";
    routes.add({.method = http::Method::kPost,
                .pattern = route.pattern,
                .id = route.id,
                .summary = route.summary,
                .request = "TaskStep",
                .answers = {{200, "ChangedTask"}, {202, "PendingCall"}},
                .refusal = "Refusal"},
               [&context, step = route.step, member](const ExchangePtr& exchange) {
                 change(exchange, context, step, member);
               });
  }
}

}  // namespace lumenflow::sidecar
