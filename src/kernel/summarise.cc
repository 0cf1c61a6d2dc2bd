// What whoever approves a call is told of it by its pack: before the call is parked, a tool of the same pack that only
// reads is called with the same input. What it says is part of what the approval covers; what it refuses is not asked
// for.
//
// The call counts as running meanwhile, so that it can be cancelled, stopped and joined, and ends with its deadline. It
// is in no journal yet: a process that dies has not taken it.
#include <utility>

#include "kernel/kernel.h"
#include "lumenflow/invoked.h"

namespace lumenflow::kernel {

void Kernel::ask_for_summary(const CallPtr& call) {
  const std::string& name = call->tool->descriptor.name;
  const pack::ActiveTool* const teller = call->registry->find(call->tool->descriptor.summary);
  if (teller == nullptr || teller->pack != call->tool->pack)  // its manifest names it, and another pack has the name
    return refuse(call, 7, ErrorCode::kToolNotFound, "summary:" + call->tool->descriptor.summary,
                  "what would tell of " + name + " is not active; see `lumenflow doctor`");
  if (running_.count_of(name) >= options_.config.limits.concurrent_calls)
    return refuse(call, 7, ErrorCode::kRateLimited, "limits.concurrent_calls",
                  name + " already has as many calls running as limits.concurrent_calls allows");
  call->cancelled = std::make_shared<Cancellation>();  // shared: see RunningCall
  call->deadline = ports_.clock.monotonic() + std::chrono::milliseconds(teller->descriptor.timeout_ms);
  running_.add(call);

  const Credential& caller = *call->call.credential;
  auto credential = std::make_shared<Credential>();  // shared: see Call::credential
  credential->subject = Subject(options_.config.id.str() + ":pack:" + std::string(call->pack_id));
  credential->on_behalf_of = caller.on_behalf_of.empty() ? caller.subject.str() : caller.on_behalf_of;
  credential->scopes = caller.scopes;
  credential->token_id = caller.token_id;
  credential->expires_at = caller.expires_at;
  CallArrived asked;
  asked.call.tool = teller->descriptor.name;
  asked.call.input = call->call.input;
  asked.call.credential = std::move(credential);
  asked.call.surface = Surface::kPack;
  asked.call.traceparent = call->call.traceparent;
  auto within = std::make_shared<OuterCall>(*scope_within(call->receipt, call));  // shared: see Call::outer
  within->layers.pop_back();  // it reads for whoever called, and not with what the tool may change
  asked.call.outer = std::move(within);
  // Told when its record is durable, which is then a matter of the next batch.
  asked.done = [this, call](const CallResult& result) { enqueue(Summarised{call, result}); };
  dispatch(std::move(asked));
}

void Kernel::summarised(const Summarised& ended) {
  const CallPtr& call = ended.call;
  if (running_.find(call->receipt) != call) return;  // it has ended meanwhile
  running_.remove(*call);
  call->deadline.reset();
  call->cancelled.reset();
  const std::string& teller = call->tool->descriptor.summary;
  const Result<json::Value> body = json::parse(ended.result.body, {.depth_max = 256});
  pack::Invoked told = body.ok() ? pack::read_result(*body) : pack::Invoked{};
  if (told.ok()) {
    call->summary =
        json::Object{{"data", std::move(told.data)}, {"receipt_id", ended.result.receipt.str()}, {"tool", teller}};
    // What was so when it came may have changed; the caller's rate and its idempotency key were looked at.
    const bool may_run = check_orders(call) && resolve(call) && check_session(call) && authorise(call) &&
                         check_scopes(call) && check_policy(call) && check_approval(call);
    if (may_run) start(call);
    return;
  }
  const bool denied = ended.result.outcome == journal::Outcome::kDenied;
  end_call(call, {.stage = 7,
                  .outcome = denied ? journal::Outcome::kDenied : journal::Outcome::kFailure,
                  .code = ended.result.code,
                  .tool_code = ended.result.code ? std::string() : std::move(told.code),
                  .decided_by = "summary:" + teller,
                  .message = std::move(told.message),
                  .details = std::move(told.details)});
}

}  // namespace lumenflow::kernel
