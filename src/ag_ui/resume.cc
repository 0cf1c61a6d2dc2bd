// A run that answers the interrupts of the one before: approvals are decided, what waited for them has ended, and then
// the turn goes on.
#include <algorithm>
#include <utility>

#include "ag_ui/run.h"
#include "journal/approvals.h"
#include "kernel/sessions.h"

namespace lumenflow::ag_ui {
namespace {

constexpr std::string_view kQuestion = "ask-";

Error unknown(const std::string& id) {
  return Error(ErrorCode::kNotFound, "no run of this thread was interrupted by '" + id + "'");
}

}  // namespace

struct Run::Asked {
  journal::ParkedCall parked;
  bool give_up = false, approve = false;
  json::Object signed_decision;
  bool ended = false;
};

void Run::resume() {
  begin();
  if (input_.resume.size() == 1 && input_.resume.front().interrupt_id.starts_with(kQuestion))
    return answer_question(input_.resume.front());
  for (const ResumeEntry& entry : input_.resume) {
    Result<std::optional<Asked>> asked = asked_by(entry);
    if (!asked.ok()) return fail(asked.error());
    if (!*asked) return fail(unknown(entry.interrupt_id));
    asked_.push_back(std::make_shared<Asked>(**std::move(asked)));
  }
  // A turn that waited itself is followed from before it can go on.
  if (asked_.size() == 1 && asked_.front()->parked.session.empty()) {
    receipt_ = asked_.front()->parked.receipt;
    listen();
    followed_ = context_.workspace.kernel().notices().watch(*receipt_, mailbox_->listener());
  }
  decide();
}

// The model had asked a person: what they say is what the session goes on with.
void Run::answer_question(const ResumeEntry& entry) {
  const std::string answer(json::string_or(entry.payload, "answer", ""));
  if (entry.cancelled) return events_->finished(json::Object{{"type", "cancelled"}}, {}, {});
  if (answer.empty())
    return fail(Error(ErrorCode::kInvalidInput, "the payload of '" + entry.interrupt_id + "' needs an 'answer'"));
  make_turn(json::Object{{"goal", answer}});
}

// Nothing: it is none of this thread's, or not the caller's; which of them is nobody's business.
Result<std::optional<Run::Asked>> Run::asked_by(const ResumeEntry& entry) {
  const auto receipt = journal::receipt_of_approval(entry.interrupt_id);
  if (!receipt) return std::optional<Asked>();
  LUMENFLOW_TRY_ASSIGN(const auto snapshot, context_.workspace.log().snapshot());
  LUMENFLOW_TRY_ASSIGN(const auto parked, journal::find_parked(*snapshot, *receipt));
  if (!parked) return std::optional<Asked>();
  const kernel::Credential& caller = *exchange_->credential;
  if (parked->session.empty()) {
    if (parked->tool != "agent:execute-turn" || parked->subject != caller.subject.str()) return std::optional<Asked>();
  } else {
    LUMENFLOW_TRY_ASSIGN(const auto session, kernel::find_session(*snapshot, parked->session));
    if (parked->session != input_.session_id || !session || session->holder != caller.subject.str())
      return std::optional<Asked>();
  }
  Asked asked;
  asked.parked = *parked;
  asked.give_up = entry.cancelled;
  asked.signed_decision = entry.signed_decision;
  if (entry.cancelled) return std::optional(std::move(asked));
  const json::Value* const approved = entry.payload.find("approved");
  if (approved == nullptr || !approved->is_boolean())
    return Error(ErrorCode::kInvalidInput,
                 "the payload of '" + entry.interrupt_id + "' needs 'approved', true or false");
  if (entry.payload.find("editedArgs") != nullptr)
    return Error(ErrorCode::kInvalidInput,
                 "an approval is of exactly the call that was shown, so its arguments cannot be edited: answer "
                 "approved: false, and say in a message what is to be done instead");
  asked.approve = approved->as_boolean();
  return std::optional(std::move(asked));
}

// One after the other, so that the first that cannot be decided leaves the rest as they are.
void Run::decide() {
  while (next_ < asked_.size() && asked_[next_]->parked.state != journal::ParkedCall::State::kOpen) ++next_;
  if (next_ == asked_.size()) return decided();
  const std::shared_ptr<Asked> asked = asked_[next_++];
  kernel::Kernel& kernel = context_.workspace.kernel();
  if (asked->give_up)
    return kernel.cancel(
        asked->parked.receipt, exchange_->credential->subject,
        [self = shared_from_this()](const Status& done) { done.ok() ? self->decide() : self->fail(done.error()); });
  kernel::Call call;
  call.tool = asked->approve ? "kernel:approve" : "kernel:deny";
  json::Object input{{"approval_id", asked->parked.approval_id()}};
  for (const json::Member& member : asked->signed_decision)
    if (member.key != "decision" && member.key != "approval_id") input.set(member.key, member.value);
  call.input = std::move(input);
  call.credential = exchange_->credential;
  call.surface = exchange_->surface;
  call.traceparent = exchange_->traceparent();
  const auto answered = [self = shared_from_this(), asked](const kernel::CallResult& result) {
    if (result.outcome == journal::Outcome::kSuccess) return self->decide();
    const Result<json::Value> body = json::parse(result.body, {.depth_max = 256});
    const json::Value* const error = body.ok() ? body->find("error") : nullptr;
    const std::string code(error == nullptr ? name(ErrorCode::kInternal) : json::string_or(*error, "code", ""));
    // Somebody else was quicker; what they said counts.
    if (code == name(ErrorCode::kAlreadyDecided)) return self->decide();
    self->begin();
    self->events_->failed(
        std::string(error == nullptr ? "the decision failed" : json::string_or(*error, "message", "")), code);
  };
  const Status taken = kernel.submit(std::move(call), answered);
  if (!taken.ok()) fail(taken.error());
}

// What was decided runs by itself; the turn goes on once all of it has ended.
void Run::decided() {
  if (followed_) {
    watch_.when_ended(*receipt_, [self = shared_from_this()](std::optional<kernel::CallResult> end) {
      if (end) self->ended(*end);
    });
    return;
  }
  for (const std::shared_ptr<Asked>& asked : asked_)
    watch_.when_ended(asked->parked.receipt,
                      [self = shared_from_this(), asked](const std::optional<kernel::CallResult>& end) {
                        if (!end || std::exchange(asked->ended, true)) return;
                        if (!std::ranges::all_of(self->asked_, [](const auto& each) { return each->ended; })) return;
                        if (self->gone_) return;  // the session waits for whoever comes back
                        json::Array receipts;
                        for (const auto& each : self->asked_) receipts.push_back(each->parked.receipt.str());
                        self->make_turn(json::Object{{"resume", std::move(receipts)}});
                      });
}

}  // namespace lumenflow::ag_ui
