// A call that waits for somebody's approval.
#include <utility>

#include "mcp/form.h"
#include "mcp_server/call.h"

namespace lumenflow::mcp_server {
namespace {

constexpr std::string_view kApprovalKey = "approval";
constexpr std::chrono::seconds kPatience{20};  // before a client without forms is asked to come back

std::string approval_of(const kernel::CallResult& result) {
  const Result<json::Value> body = json::parse(result.body, {.depth_max = 256});
  if (!body.ok()) return {};
  const json::Value* const direct = body->find("approval_id");
  const json::Value* const nested = direct != nullptr ? direct : body->at_pointer("/error/details/approval_id");
  return nested != nullptr && nested->is_string() ? nested->as_string() : std::string();
}

}  // namespace

void McpCall::parked(const kernel::CallResult& result) {
  waits_for_approval_ = true;
  approval_id_ = approval_of(result);
  ports_.when_ended(result.receipt, [weak = weak_from_this()](std::optional<kernel::CallResult> end) {
    if (const auto self = weak.lock(); self && end) self->settle(*end);
  });
  task_message_ = "waits for approval " + approval_id_;
  if (request_ && request_->knows_tasks()) return become_task();
  if (mcp::has_sessions(revision_)) {
    say_progress(0, task_message_);
    return give(shape_(result));
  }
  wait_for_approval();
}

// Another round of a call that waits for an approval: the client goes on waiting, or gives the call up.
void McpCall::wait_on() {
  const json::Value* const said = request_->message.param("inputResponses");
  const json::Value* const answer = said != nullptr && said->is_object() ? said->find(kApprovalKey) : nullptr;
  if (answer != nullptr && answer->is_object() && json::string_or(*answer, "action", "accept") != "accept")
    ports_.context.workspace.kernel().cancel(*receipt_, Subject(subject_));
  wait_for_approval();
}

// Asks the person behind the client to come back when somebody has decided; a client without forms waits a while, and
// then comes back by itself.
void McpCall::wait_for_approval() {
  if (!request_) return;
  const bool forms = mcp::can_answer(capabilities_, "elicitation/create");
  const bool first = keys_[std::string(kApprovalKey)]++ == 0;
  say_progress(0, task_message_);
  const auto come_back = [weak = weak_from_this(), forms, waiting = std::weak_ptr(request_)] {
    const auto self = weak.lock();
    if (!self || !self->request_ || self->request_ != waiting.lock() || !self->waits_for_approval_) return;
    const McpRequestPtr request = std::exchange(self->request_, {});
    json::Object result{{"requestState", self->ports_.state(*self, *request)}};
    if (forms) {
      json::Value params = json::Object{
          {"mode", "form"},
          {"message", self->tool_ + " waits for the approval " + self->approval_id_ +
                          ", which somebody else gives (lumenflow approvals approve " + self->approval_id_ +
                          "). Accept to wait for the decision; decline to give up the call."},
          {"requestedSchema", json::Object{{"type", "object"}, {"properties", json::Object{}}}}};
      result.set("inputRequests",
                 json::Object{{std::string(kApprovalKey),
                               json::Object{{"method", "elicitation/create"}, {"params", std::move(params)}}}});
    }
    result.set("_meta", json::Object{{"io.lumenflow/approval_id", self->approval_id_},
                                     {"io.lumenflow/receipt_id", self->receipt_->str()}});
    request->reply_as("input_required", json::Value(std::move(result)));
  };
  if (forms && first) return come_back();
  ports_.context.after(kPatience, come_back);
}

}  // namespace lumenflow::mcp_server
