// A call from its beginning to its end; questions, approvals and tasks have files of their own.
#include "mcp_server/call.h"

#include <utility>

#include "mcp_server/call_round.h"

namespace lumenflow::mcp_server {
namespace {

// A call that takes longer is answered by a stream. Without a session a refusal has a status of its own, which a stream
// that is open already cannot say.
constexpr std::chrono::milliseconds kOpenAfter{250}, kOpenAfterStateless{1'000};

}  // namespace

void McpCall::start(McpRequestPtr request, std::string tool, json::Value input, pack::McpTask task) {
  request_ = std::move(request);
  revision_ = request_->revision;
  capabilities_ = request_->capabilities;
  subject_ = request_->credential->subject.str();
  tool_ = tool;
  created_ = updated_ = ports_.context.clock.now();
  wants_task_ = request_->knows_tasks() ? task : pack::McpTask::kNever;
  if (const json::Value* const given = request_->message.param("inputResponses");
      given != nullptr && given->is_object())
    given_ = given->as_object();
  kernel::Call call;
  call.tool = std::move(tool);
  call.input = std::move(input);
  call.credential = request_->credential;
  call.surface = request_->surface;
  call.traceparent = request_->traceparent;
  if (const json::Value* const key = request_->message.meta("io.lumenflow/idempotencyKey");
      key != nullptr && key->is_string())
    call.idempotency_key = key->as_string();  // the server has looked that it is one
  call.asker = shared_from_this();
  mailbox_ =
      kernel::NoticeMailbox::make(ports_.context.post, [weak = weak_from_this()](const kernel::CallNotice& notice) {
        if (const auto self = weak.lock()) self->heard(notice);
      });
  call.listener = std::make_shared<const kernel::CallListener>(mailbox_->listener());
  const Status taken = ports_.context.workspace.kernel().submit(
      std::move(call), [self = shared_from_this()](const kernel::CallResult& result) { self->ended(result); });
  if (!taken.ok()) return give(mcp::rpc_error(taken.error(), revision_));
  join(request_);
}

void McpCall::join(McpRequestPtr request) {
  const McpRequestPtr before = std::exchange(request_, std::move(request));
  if (before && before != request_)
    before->fail(Error(ErrorCode::kToolCancelled, "the same requestState was sent again, and is answered there"));
  if (!request_) return;
  if (receipt_) request_->receipt = receipt_->str();
  // A connection that closes late, when its client has come back by another, ends nothing.
  if (request_->stateless())
    request_->answer().when_gone([weak = weak_from_this(), mine = std::weak_ptr(request_)] {
      if (const auto self = weak.lock(); self && self->request_ == mine.lock()) self->cancel();
    });
  ports_.context.after(request_->stateless() ? kOpenAfterStateless : kOpenAfter,
                       [weak = weak_from_this(), mine = std::weak_ptr(request_)] {
                         const auto self = weak.lock();
                         const auto waiting = mine.lock();
                         if (!self || !waiting || waiting->answer().ended()) return;
                         waiting->answer().open();
                         self->ports_.lasts(waiting);
                       });
  if (is_task_) return reply_task();  // as it was answered before
  if (outcome_) return give(*std::exchange(outcome_, {}));
  if (waits_for_approval_) return wait_on();
  if (const json::Value* const responses = request_->message.param("inputResponses"); responses && round_)
    take(*round_, *responses);
  if (round_) return request_input();
  if (wants_task_ == pack::McpTask::kAfterInput && !keys_.empty()) become_task();
}

void McpCall::cancel() {
  cancelled_ = true;
  request_.reset();
  if (receipt_) ports_.context.workspace.kernel().cancel(*receipt_, Subject(subject_));
}

void McpCall::heard(const kernel::CallNotice& notice) {
  if (notice.kind == kernel::CallNotice::Kind::kStarted && !receipt_) return began(ReceiptId(notice.receipt_id));
  if (notice.kind == kernel::CallNotice::Kind::kProgress || notice.kind == kernel::CallNotice::Kind::kText) {
    task_message_ = notice.message;
    updated_ = ports_.context.clock.now();
    return say_progress(notice.fraction, notice.message);
  }
  if (notice.kind != kernel::CallNotice::Kind::kLog || !request_) return;
  const std::string_view level = mcp_log_name(notice.level);
  const std::optional<int> least = request_->least_log_level();
  if (!least || mcp_log_level(level) < *least) return;
  request_->say("notifications/message",
                json::Object{{"level", level}, {"logger", notice.tool}, {"data", notice.message}});
}

void McpCall::began(const ReceiptId& receipt) {
  receipt_ = receipt;
  if (request_) request_->receipt = receipt.str();
  if (cancelled_) return cancel();
  if (wants_task_ == pack::McpTask::kOptional || wants_task_ == pack::McpTask::kRequired) become_task();
}

void McpCall::say_progress(double fraction, const std::string& message) {
  const json::Value* const token = request_ ? request_->progress_token() : nullptr;
  const double progress = fraction * 100;
  if (token == nullptr || progress <= progress_) return;  // it must increase
  progress_ = progress;
  json::Object params{{"progressToken", *token}, {"progress", progress}, {"total", 100}};
  if (!message.empty()) params.set("message", message);
  request_->say("notifications/progress", std::move(params));
}

void McpCall::ended(const kernel::CallResult& result) {
  mailbox_->drain();
  receipt_ = result.receipt;
  if (result.outcome == journal::Outcome::kPending) return parked(result);
  settle(result);
}

void McpCall::settle(const kernel::CallResult& result) {
  waits_for_approval_ = false;
  const auto round = std::exchange(round_, {});
  if (round) round->finish(Error(ErrorCode::kToolCancelled, "the call has ended"));
  McpOutcome outcome = shape_(result);
  if (!missing_.empty() && !result.code && mcp::has_sessions(revision_) == false &&
      result.body.find(name(ErrorCode::kClientCapabilityMissing)) != std::string::npos)
    outcome = missing_capability(missing_);
  updated_ = ports_.context.clock.now();
  cancelled_ = cancelled_ || result.outcome == journal::Outcome::kCancelled;
  give(std::move(outcome));
}

void McpCall::give(McpOutcome outcome) {
  mailbox_->close();
  if (is_task_) {
    outcome_ = std::move(outcome);
    return ports_.changed(*this);
  }
  if (!request_) {
    outcome_ = std::move(outcome);  // for whoever comes back
    return ports_.over(*this);
  }
  answered_ = true;
  answer_with(std::exchange(request_, {}), std::move(outcome));
  ports_.over(*this);
}

void answer_with(const McpRequestPtr& request, McpOutcome outcome) {
  if (auto* const result = std::get_if<json::Value>(&outcome)) return request->reply(std::move(*result));
  const mcp::RpcError& error = std::get<mcp::RpcError>(outcome);
  request->fail(error, error.code == mcp::kMissingClientCapability ? 400 : 200);
}

}  // namespace lumenflow::mcp_server
