// GET and DELETE /calls/{receipt_id}.
#include <utility>

#include "journal/entry.h"
#include "sidecar/routes.h"

namespace lumenflow::sidecar {
namespace {

constexpr std::chrono::seconds kWaitMax{60};

bool may_read(const kernel::Credential& credential, std::string_view owner) {
  return credential.subject.str() == owner || kernel::holds_scope(credential, "audit:read", "");
}

Error no_call() { return Error(ErrorCode::kNotFound, "no call has this receipt"); }

json::Value running_document(const kernel::RunningCall& call) {
  return json::Object{{"receipt_id", call.receipt.str()},
                      {"status", "running"},
                      {"tool", call.call.tool},
                      {"subject", call.call.credential->subject.str()}};
}

void answer_recorded(const ExchangePtr& exchange, RouteContext& context, const ReceiptId& receipt) {
  const Result<journal::RecordedCall> call = context.workspace.kernel().reader().call(receipt);
  if (!call.ok()) return exchange->fail(call.error());
  if (!may_read(*exchange->credential, json::string_or(call->requested, "subject", "")))
    return exchange->fail(no_call());
  json::Object document{{"receipt_id", receipt.str()},
                        {"status", call->finished ? json::string_or(*call->finished, "outcome", "") : "running"},
                        {"tool", json::string_or(call->requested, "tool", "")},
                        {"subject", json::string_or(call->requested, "subject", "")},
                        {"requested", call->requested}};
  if (call->finished) document.set("finished", *call->finished);
  if (!call->body.result.empty()) {
    if (Result<json::Value> result = json::parse(call->body.result, {.depth_max = 256}); result.ok())
      document.set("result", *std::move(result));
  }
  exchange->send_json(json::Value(std::move(document)));
}

void show_call(const ExchangePtr& exchange, RouteContext& context) {
  const ReceiptId receipt{std::string(exchange->path("receipt"))};
  std::chrono::milliseconds wait{0};
  if (const auto text = exchange->query("wait")) {
    const Result<std::chrono::milliseconds> parsed = parse_duration(*text);
    if (!parsed.ok() || *parsed > kWaitMax)
      return exchange->fail(Error(ErrorCode::kInvalidRequest, "'wait' must be a duration of at most 60s, e.g. 30s"));
    wait = *parsed;
  }
  kernel::Kernel& kernel = context.workspace.kernel();
  const kernel::RunningCall* running = kernel.find_running(receipt);
  if (running == nullptr) return answer_recorded(exchange, context, receipt);
  if (!may_read(*exchange->credential, running->call.credential->subject.str())) return exchange->fail(no_call());
  if (wait.count() == 0) return exchange->send_json(running_document(*running));

  // Whichever comes first answers: the call's end or the caller's patience.
  const auto answered = std::make_shared<bool>(false);
  kernel.also_notify(receipt, [exchange, &context, receipt, answered](const kernel::CallResult&) {
    if (!std::exchange(*answered, true)) answer_recorded(exchange, context, receipt);
  });
  context.after(wait, [exchange, &context, receipt, answered] {
    if (std::exchange(*answered, true)) return;
    if (const kernel::RunningCall* still = context.workspace.kernel().find_running(receipt))
      return exchange->send_json(running_document(*still));
    answer_recorded(exchange, context, receipt);
  });
}

void cancel_call(const ExchangePtr& exchange, RouteContext& context) {
  const ReceiptId receipt{std::string(exchange->path("receipt"))};
  kernel::Kernel& kernel = context.workspace.kernel();
  const kernel::RunningCall* running = kernel.find_running(receipt);
  if (running == nullptr) return answer_recorded(exchange, context, receipt);  // it has ended: that is its answer
  const kernel::Credential& credential = *exchange->credential;
  if (credential.subject != running->call.credential->subject && !kernel::holds_scope(credential, "control:stop", ""))
    return exchange->fail(
        may_read(credential, running->call.credential->subject.str())
            ? Error(ErrorCode::kTokenScopeDenied, "cancelling another's call needs the scope 'control:stop'")
            : no_call());
  kernel.also_notify(receipt, [exchange, &context, receipt](const kernel::CallResult&) {
    answer_recorded(exchange, context, receipt);
  });
  kernel.cancel(receipt, credential.subject);
}

}  // namespace

void add_call_routes(Routes& routes, RouteContext& context) {
  routes.add(http::Method::kGet, "/calls/{receipt}", "",
             [&context](const ExchangePtr& exchange) { show_call(exchange, context); });
  routes.add(http::Method::kDelete, "/calls/{receipt}", "",
             [&context](const ExchangePtr& exchange) { cancel_call(exchange, context); });
}

}  // namespace lumenflow::sidecar
