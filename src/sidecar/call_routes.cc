// GET and DELETE /calls/{receipt_id}.
#include <utility>

#include "journal/approvals.h"
#include "journal/entry.h"
#include "sidecar/routes.h"

namespace lumenflow::sidecar {
namespace {

constexpr std::chrono::seconds kWaitMax{60};

bool may_read(const kernel::Credential& credential, std::string_view owner) {
  return credential.subject.str() == owner || kernel::holds_scope(credential, "audit:read", "");
}

bool may_stop(const kernel::Credential& credential) { return kernel::holds_scope(credential, "control:stop", ""); }

Error others_call() {
  return Error(ErrorCode::kTokenScopeDenied, "cancelling another's call needs the scope 'control:stop'");
}

Error no_call() { return Error(ErrorCode::kNotFound, "no call has this receipt"); }

json::Value running_document(const kernel::RunningCall& call) {
  return json::Object{{"receipt_id", call.receipt.str()},
                      {"status", "running"},
                      {"tool", call.call.tool},
                      {"subject", call.call.credential->subject.str()}};
}

bool waits_for_approval(RouteContext& context, const ReceiptId& receipt) {
  const auto snapshot = context.workspace.log().snapshot();
  if (!snapshot.ok()) return false;
  const auto parked = journal::find_parked(**snapshot, receipt);
  return parked.ok() && *parked && (*parked)->state == journal::ParkedCall::State::kOpen;
}

void answer_recorded(const ExchangePtr& exchange, RouteContext& context, const ReceiptId& receipt) {
  const Result<journal::RecordedCall> call = context.workspace.kernel().reader().call(receipt);
  if (!call.ok()) return exchange->fail(call.error());
  const bool waits = !call->finished && waits_for_approval(context, receipt);
  const std::string_view status = call->finished ? json::string_or(*call->finished, "outcome", "")
                                  : waits        ? "pending_approval"
                                                 : "running";
  if (!may_read(*exchange->credential, json::string_or(call->requested, "subject", ""))) {
    // Who may stop anything is told that it has stopped, and nothing of what it was.
    if (exchange->request().method == http::Method::kDelete && may_stop(*exchange->credential))
      return exchange->send_json(json::Object{{"receipt_id", receipt.str()}, {"status", status}});
    return exchange->fail(no_call());
  }
  json::Object document{{"receipt_id", receipt.str()},
                        {"status", status},
                        {"tool", json::string_or(call->requested, "tool", "")},
                        {"subject", json::string_or(call->requested, "subject", "")},
                        {"requested", call->requested}};
  if (call->finished) document.set("finished", *call->finished);
  if (!call->body.input.empty()) {
    if (Result<json::Value> input = json::parse(call->body.input, {.depth_max = 256}); input.ok())
      document.set("input", *std::move(input));
  }
  if (!call->body.result.empty()) {
    if (Result<json::Value> result = json::parse(call->body.result, {.depth_max = 256}); result.ok())
      document.set("result", *std::move(result));
  }
  if (call->result_let_go)
    document.set("result_gone", json::Object{{"code", name(ErrorCode::kRetentionEnded)},
                                             {"message", info(ErrorCode::kRetentionEnded).meaning}});
  exchange->send_json(json::Value(std::move(document)));
}

void show_call(const ExchangePtr& exchange, RouteContext& context) {
  const ReceiptId receipt{std::string(exchange->path("receipt_id"))};
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

// One that waits for an approval: by those who could cancel it while it runs.
bool cancel_waiting(const ExchangePtr& exchange, RouteContext& context, const ReceiptId& receipt) {
  kernel::Kernel& kernel = context.workspace.kernel();
  const Result<journal::RecordedCall> call = kernel.reader().call(receipt);
  if (!call.ok() || call->finished || !waits_for_approval(context, receipt)) return false;
  const kernel::Credential& credential = *exchange->credential;
  if (credential.subject.str() != json::string_or(call->requested, "subject", "") && !may_stop(credential)) {
    exchange->fail(may_read(credential, json::string_or(call->requested, "subject", "")) ? others_call() : no_call());
    return true;
  }
  kernel.cancel(receipt, credential.subject, [exchange, &context, receipt](const Status& done) {
    done.ok() ? answer_recorded(exchange, context, receipt) : exchange->fail(done.error());
  });
  return true;
}

void cancel_call(const ExchangePtr& exchange, RouteContext& context) {
  const ReceiptId receipt{std::string(exchange->path("receipt_id"))};
  kernel::Kernel& kernel = context.workspace.kernel();
  const kernel::RunningCall* running = kernel.find_running(receipt);
  if (running == nullptr) {
    if (!cancel_waiting(exchange, context, receipt))
      answer_recorded(exchange, context, receipt);  // it has ended: that is its answer
    return;
  }
  const kernel::Credential& credential = *exchange->credential;
  if (credential.subject != running->call.credential->subject && !may_stop(credential))
    return exchange->fail(may_read(credential, running->call.credential->subject.str()) ? others_call() : no_call());
  kernel.also_notify(receipt, [exchange, &context, receipt](const kernel::CallResult&) {
    answer_recorded(exchange, context, receipt);
  });
  kernel.cancel(receipt, credential.subject);
}

}  // namespace

void add_call_routes(Routes& routes, RouteContext& context) {
  routes.add({.pattern = "/calls/{receipt_id}",
              .id = "show_call",
              .summary = "A call's status and result; another's needs audit:read",
              .answers = {{200, "Call"}},
              .parameters = {{"wait", "string", "how long to wait for the end of the call, at most 60s"}}},
             [&context](const ExchangePtr& exchange) { show_call(exchange, context); });
  routes.add({.method = http::Method::kDelete,
              .pattern = "/calls/{receipt_id}",
              .id = "cancel_call",
              .summary = "Cancel a call that runs or waits for an approval; another's needs control:stop",
              .answers = {{200, "Call"}}},
             [&context](const ExchangePtr& exchange) { cancel_call(exchange, context); });
}

}  // namespace lumenflow::sidecar
