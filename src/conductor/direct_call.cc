// A tool called where the workspace's sidecar is reachable, instead of by a command over its uplink.
#include <algorithm>
#include <utility>

#include "base/logging.h"
#include "conductor/callers.h"
#include "conductor/metrics.h"

namespace lumenflow::conductor {
namespace {

constexpr std::chrono::milliseconds kAnswerSlack{500};

// What a sidecar says of a call that has ended: {success, data|error, metadata}. Anything else comes from something in
// between, or from a sidecar that does not take the token; and one that waits for an approval (202) is followed to its
// end as a command.
std::optional<json::Value> result_of(const http::ClientResponse& response) {
  Result<json::Value> body = json::parse(response.body);
  if (response.status == 202 || response.status == 401 || response.status == 429 || response.status >= 500 ||
      !body.ok())
    return std::nullopt;
  const json::Value* success = body->find("success");
  if (success == nullptr || success->if_boolean() == nullptr) return std::nullopt;
  return *std::move(body);
}

// As for a command (conductor/invoke_routes.cc), without the id that there is none of.
json::Object answer_of(json::Value result, int status) {
  json::Object answer;
  if (const json::Value* metadata = result.find("metadata")) {
    answer.set("receipt_id", json::string_or(*metadata, "receipt_id", ""));
    result.as_object().erase("metadata");
  }
  const json::Value* error = result.find("error");
  const bool refused = error != nullptr && status >= 400;  // a tool's own failure is an answer
  answer.set("state", refused ? "refused" : "done");
  if (refused)
    answer.set("error", *error);
  else
    answer.set("result", std::move(result));
  return answer;
}

struct DirectCall {
  Context& context;
  const ExchangePtr exchange;
  const ReachableSidecar sidecar;
  const NewCommand command;
  const std::chrono::nanoseconds began;
  const std::chrono::milliseconds wait;
  const std::function<void(std::chrono::milliseconds)> otherwise;

  std::string tool() const { return std::string(json::string_or(command.payload, "tool", "")); }
  Act act(std::string type) const {
    Act act{std::move(type), exchange->principal.subject, command.workspace, {}};
    act.details = {{"tool", tool()}, {"idempotency_key", command.idempotency_key.value_or("")}};
    return act;
  }
  http::ClientRequest request() const {
    http::ClientRequest request;
    request.method = http::Method::kPost;
    request.path = "/tools/" + tool();
    request.body = json::serialize(*command.payload.find("input"));
    request.timeout = wait + kAnswerSlack;
    request.headers = {{"Idempotency-Key", key_at_workspace(command)},
                       {"LumenFlow-On-Behalf-Of", command.on_behalf_of.value_or("")}};
    if (!command.traceparent.empty()) request.headers.emplace_back("traceparent", command.traceparent);
    return request;
  }
  std::chrono::milliseconds rest() const {
    const auto gone = std::chrono::duration_cast<std::chrono::milliseconds>(context.clock.monotonic() - began);
    return std::max(std::chrono::milliseconds(0), wait - gone);
  }
  void answered(const Result<http::ClientResponse>& response) const {
    std::optional<json::Value> result = response.ok() ? result_of(*response) : std::nullopt;
    if (response.ok() && response->status == 401)
      write_log(LogLevel::kWarn, "conductor",
                "a sidecar refuses the token that its workspace gave; it is asked over its uplink",
                {{"workspace", command.workspace}});
    if (!result) return otherwise(rest());
    json::Object answer = answer_of(*std::move(result), response->status);
    Act ended = act("conductor.tool_answered");
    for (const char* member : {"state", "receipt_id"})
      if (const json::Value* value = answer.find(member)) ended.details.set(member, *value);
    if (const Status recorded = context.acts.record(ended); !recorded.ok()) return exchange->fail(recorded.error());
    context.ledger.when_durable([exchange = exchange, status = response->status,
                                 text = json::serialize(json::Value(std::move(answer)))](const Status& done) mutable {
      if (!done.ok()) return exchange->fail(done.error());
      exchange->send_json(status, std::move(text));
    });
  }
};

}  // namespace

void call_directly(Context& context, const ExchangePtr& exchange, const ReachableSidecar& sidecar,
                   const NewCommand& command, std::chrono::milliseconds wait,
                   std::function<void(std::chrono::milliseconds rest)> otherwise) {
  const auto call = std::make_shared<const DirectCall>(
      DirectCall{context, exchange, sidecar, command, context.clock.monotonic(), wait, std::move(otherwise)});
  if (const Status recorded = context.acts.record(call->act("conductor.tool_called")); !recorded.ok())
    return exchange->fail(recorded.error());
  context.metrics->count_command("direct");
  context.ledger.when_durable([call](const Status& done) {
    if (!done.ok()) return call->exchange->fail(done.error());
    call->context.sidecars->ask(call->sidecar, call->request(),
                                [call](const Result<http::ClientResponse>& response) { call->answered(response); });
  });
}

}  // namespace lumenflow::conductor
