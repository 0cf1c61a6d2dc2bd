// One call of a server, over as many requests as it takes: rounds of questions, and tasks that are asked after.
#include <algorithm>
#include <utility>

#include "hosts/pause.h"
#include "mounts/session.h"

namespace lumenflow::mounts {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kTaskIdBytesMax = 512;
constexpr int kRoundsMax = 8;  // of "more input is needed"

Error broken_call(std::string what) { return {ErrorCode::kToolCrashed, std::move(what)}; }

Reply fault(Error error) {
  Reply reply;
  reply.error = std::move(error);
  return reply;
}

// What a caller answers to the requests in a result, or in a task, by their names.
Result<json::Object> answers_to(const json::Value& asking, Inbound& inbound) {
  const json::Value* const requests = asking.find("inputRequests");
  if (requests == nullptr || !requests->is_object()) return json::Object{};
  Result<json::Object> answers = inbound.answer_all(requests->as_object());
  if (answers.ok()) return answers;
  return Error(answers.error().code(), "the server asks for what nobody here can give: " + answers.error().message());
}

Reply ended_task(std::string_view status, json::Value& task) {
  Reply reply;
  json::Value* const said = task.as_object().find(status == "completed" ? "result" : "error");
  if (said == nullptr || !said->is_object()) return fault(broken_call("a task has ended without a result"));
  if (status == "completed") {
    reply.kind = Reply::Kind::kResult;
    reply.result = std::move(*said);
  } else {
    reply.kind = Reply::Kind::kRefusal;
    reply.refusal.code = json::integer_or(*said, "code", 0);
    reply.refusal.message = json::string_or(*said, "message", "");
    if (const json::Value* data = said->find("data")) reply.refusal.data = *data;
  }
  return reply;
}

}  // namespace

Reply Session::call(const ToolCall& call, const Offers& offers, Deadline deadline, pack::HostedRun* run,
                    Inbound* inbound) {
  std::string method = "tools/call";
  json::Object params{{"name", call.name}, {"arguments", call.arguments}};
  if (call.name.starts_with(kPromptEntry)) {
    method = "prompts/get";
    params.set("name", call.name.substr(kPromptEntry.size()));
  } else if (call.name == kResourceEntry) {
    method = kResourceEntry;
    params = json::Object{{"uri", json::string_or(call.arguments, "uri", "")}};
  }
  json::Object meta{{"lumenflow.dev/receipt", call.receipt_id}};
  if (!call.token.is_null()) meta.set("progressToken", call.token);
  params.set("_meta", std::move(meta));
  for (int round = 0;; ++round) {
    Reply reply = ask(method, params, deadline, run, inbound, offers, call.headers);
    if (reply.kind != Reply::Kind::kResult) return reply;
    const std::string_view type = json::string_or(reply.result, "resultType", "complete");
    if (type == "complete" || !peer_.is_stateless()) return reply;
    if (type == "task") return follow(reply.result, offers, deadline, run, inbound);
    if (type != "input_required") return fault(broken_call("the server answered with a result of an unknown type"));
    if (round == kRoundsMax || inbound == nullptr)
      return fault(broken_call("the server asked for input again and again"));
    Result<json::Object> responses = answers_to(reply.result, *inbound);
    if (!responses.ok()) return fault(responses.error());
    params.erase("inputResponses");
    params.erase("requestState");
    if (!responses->empty()) params.set("inputResponses", *std::move(responses));
    if (const json::Value* state = reply.result.find("requestState")) params.set("requestState", *state);
  }
}

// A call that the server has made a task of (the extension): asked after until it has ended, and given what it asks
// for.
Reply Session::follow(const json::Value& created, const Offers& offers, Deadline deadline, pack::HostedRun* run,
                      Inbound* inbound) {
  const std::string id(json::string_or(created, "taskId", ""));
  if (id.empty() || id.size() > kTaskIdBytesMax) return fault(broken_call("the server made a task without an id"));
  json::Value task = created;
  std::int64_t soon_ms = 50;
  for (int answered = 0;;) {
    // At first more often than the server asks for: most calls are short.
    const auto wait =
        std::min(soon_ms, std::clamp<std::int64_t>(json::integer_or(task, "pollIntervalMs", 500), 50, 5'000));
    soon_ms = std::min<std::int64_t>(soon_ms * 2, 10'000);
    const bool late = deadline && steady_clock::now() >= *deadline;
    if (late || !hosts::pause(std::chrono::milliseconds(wait), run)) {
      const Deadline soon = steady_clock::now() + std::chrono::seconds(1);
      (void)ask("tasks/cancel", json::Object{{"taskId", id}}, soon, nullptr, nullptr, offers);
      Reply ended = fault(Error(late ? ErrorCode::kToolTimeout : ErrorCode::kToolCancelled, "the task was cancelled"));
      ended.kind = Reply::Kind::kCancelled;
      return ended;
    }
    Reply got = ask("tasks/get", json::Object{{"taskId", id}}, deadline, run, inbound, offers);
    if (got.kind != Reply::Kind::kResult) return got;
    task = std::move(got.result);
    const std::string_view status = json::string_or(task, "status", "");
    if (const std::string_view said = json::string_or(task, "statusMessage", ""); !said.empty() && inbound != nullptr)
      inbound->working(said);
    if (status == "completed" || status == "failed") return ended_task(status, task);
    if (status == "cancelled") return fault(broken_call("the server has cancelled the task"));
    if (status != "input_required" && status != "working") return fault(broken_call("a task has an unknown status"));
    if (status == "working") continue;
    if (++answered > kRoundsMax || inbound == nullptr)
      return fault(broken_call("the server asked for input again and again"));
    Result<json::Object> responses = answers_to(task, *inbound);
    if (!responses.ok()) return fault(responses.error());
    const json::Object update{{"taskId", id}, {"inputResponses", *std::move(responses)}};
    if (Reply updated = ask("tasks/update", update, deadline, run, inbound, offers);
        updated.kind != Reply::Kind::kResult)
      return updated;
  }
}

}  // namespace lumenflow::mounts
