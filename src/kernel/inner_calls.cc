// Calls that a pack makes within a call: on the one path, as the pack, and never beyond the outer call.
#include <algorithm>
#include <future>
#include <utility>

#include "kernel/call_asker.h"
#include "kernel/kernel.h"

namespace lumenflow::kernel {
namespace {

constexpr int kDepthMax = 4;

}  // namespace

// `outer`: null where it has ended meanwhile; then nothing is made within it any more.
std::shared_ptr<const OuterCall> Kernel::scope_within(const ReceiptId& receipt, const CallPtr& outer) const {
  auto scope = std::make_shared<OuterCall>();  // shared: see Call::outer
  scope->receipt = receipt;
  if (outer == nullptr) return scope;
  scope->outer = outer->call.outer;
  if (outer->call.outer != nullptr) {
    scope->depth = outer->call.outer->depth + 1;
    scope->layers = outer->call.outer->layers;
  }
  // What a turn calls is bound by what binds whoever opened it, not by what the tool is for.
  if (outer->opened_turn.empty())
    scope->layers.push_back({"call:" + outer->tool->descriptor.name, outer->tool->descriptor.required_scopes});
  return scope;
}

// On the thread of the outer call, which waits.
Result<CallResult> Kernel::invoke(const CallPtr& outer, std::string_view tool, json::Value input,
                                  std::string_view idempotency_key) {
  if (outer == nullptr) return Error(ErrorCode::kInvalidRequest, "a tool is invoked within a call");
  if (outer->tool->traits.store_only)  // it may run again, or hold up the strand that would have to answer
    return Error(ErrorCode::kInvalidRequest, "a tool that touches the store alone calls no other");
  const std::shared_ptr<const OuterCall> scope = scope_within(outer->receipt, outer);
  if (scope->depth > kDepthMax)
    return Error(ErrorCode::kInvalidRequest, "calls within calls go " + std::to_string(kDepthMax) + " deep at most");

  const bool by_turn = !outer->opened_turn.empty();
  auto credential = std::make_shared<Credential>();  // shared: see Call::credential
  const Credential& caller = *outer->call.credential;
  credential->subject = Subject(by_turn ? turn_subject(options_.config.id.str(), outer->opened_turn)
                                        : options_.config.id.str() + ":pack:" + std::string(outer->pack_id));
  credential->on_behalf_of = caller.on_behalf_of.empty() ? caller.subject.str() : caller.on_behalf_of;
  credential->scopes = caller.scopes;
  credential->token_id = caller.token_id;
  credential->expires_at = caller.expires_at;

  Call call;
  call.tool = tool;
  call.input = std::move(input);
  call.credential = std::move(credential);
  call.surface = Surface::kPack;
  call.idempotency_key = idempotency_key;
  call.traceparent = outer->call.traceparent;
  call.outer = scope;
  if (by_turn) {
    call.session = outer->turn_session;
    call.turn = outer->opened_turn;
  }

  auto answer = std::make_shared<std::promise<CallResult>>();  // shared by the one who waits and the completion
  std::future<CallResult> answered = answer->get_future();
  std::optional<Executor::Waiting> waiting;  // the executors of packs in other processes look after that themselves
  if (outer->tool->pack == nullptr || outer->tool->pack->executor == nullptr) waiting.emplace(ports_.executor);
  LUMENFLOW_TRY(submit(std::move(call), [answer](const CallResult& result) { answer->set_value(result); }));
  answer.reset();
  try {
    return answered.get();
  } catch (const std::future_error&) {  // the completion is gone, and with it the kernel
    return Error(ErrorCode::kToolCancelled, "the workspace was closed");
  }
}

Result<std::vector<json::Value>> Kernel::ask_caller(const CallPtr& call, const std::vector<pack::Question>& questions) {
  std::optional<Executor::Waiting> waiting;  // as above
  if (call->tool->pack == nullptr || call->tool->pack->executor == nullptr) waiting.emplace(ports_.executor);
  return call->call.asker->ask(questions, call->cancelled.get());
}

// A call that has ended ends those that were made within it.
void Kernel::end_inner(RunningCall& call) {
  while (const CallPtr inner = running_.made_within(call.receipt)) {
    end_call(inner, {.stage = 9,
                     .outcome = journal::Outcome::kCancelled,
                     .code = ErrorCode::kToolCancelled,
                     .tool_code = {},
                     .decided_by = "outer_call",
                     .message = "the call within which this one was made has ended",
                     .details = {}});
    call.left_behind = std::max(call.left_behind, inner->left_behind);
  }
}

}  // namespace lumenflow::kernel
