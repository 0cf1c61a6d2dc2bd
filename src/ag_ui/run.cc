#include "ag_ui/run.h"

#include <utility>

#include "base/sha256.h"
#include "journal/approvals.h"

namespace lumenflow::ag_ui {
namespace {

constexpr std::string_view kExecuteTurn = "agent:execute-turn";

// {provider, model, inputTokens, …} of the protocol; null where the model said nothing of it.
json::Value usage_of(const json::Value& data) {
  const json::Value* const usage = data.find("usage");
  if (usage == nullptr) return {};
  json::Object out;
  if (const json::Value* const provider = data.at_pointer("/provider/kind")) out.set("provider", *provider);
  if (const json::Value* const model = data.at_pointer("/provider/model")) out.set("model", *model);
  for (const auto& [ours, theirs] :
       {std::pair("input_tokens", "inputTokens"), std::pair("output_tokens", "outputTokens"),
        std::pair("total_tokens", "totalTokens")})
    if (const json::Value* const count = usage->find(ours)) out.set(theirs, *count);
  json::Array entries;
  entries.push_back(std::move(out));
  return json::Value(std::move(entries));
}

json::Value response_schema(std::string_view member, std::string_view type, std::string_view description) {
  json::Array required;
  required.push_back(member);
  return json::Object{
      {"type", "object"},
      {"properties", json::Object{{std::string(member), json::Object{{"type", type}, {"description", description}}}}},
      {"required", std::move(required)}};
}

}  // namespace

void Run::start() {
  if (input_.fault) return fail(*input_.fault);
  if (!input_.resume.empty()) return resume();
  make_turn(json::Object{{"goal", input_.goal}});
}

void Run::make_turn(json::Object input) {
  input.set("session_id", input_.session_id);
  input.set("stream", true);
  input.set("attended", true);
  for (const json::Member& member : input_.turn)
    if (input.find("resume") == nullptr || member.key == "limits") input.set(member.key, member.value);
  kernel::Call call;
  call.tool = kExecuteTurn;
  call.input = std::move(input);
  // The same run twice is one turn.
  call.idempotency_key = "ag-ui-" + sha256_hex(input_.thread_id + '\0' + input_.run_id);
  submit(std::move(call));
}

void Run::submit(kernel::Call call) {
  listen();
  call.credential = exchange_->credential;
  call.surface = exchange_->surface;
  call.traceparent = exchange_->traceparent();
  call.listener = std::make_shared<const kernel::CallListener>(mailbox_->listener());
  const Status taken = context_.workspace.kernel().submit(
      std::move(call), [self = shared_from_this()](const kernel::CallResult& result) { self->ended(result); });
  if (!taken.ok()) fail(taken.error());
}

void Run::listen() {
  mailbox_ = kernel::NoticeMailbox::make(context_.post, [weak = weak_from_this()](const kernel::CallNotice& notice) {
    if (const auto self = weak.lock()) self->heard(notice);
  });
}

void Run::heard(const kernel::CallNotice& notice) {
  using Kind = kernel::CallNotice::Kind;
  if (notice.kind == Kind::kStarted && !receipt_) receipt_ = ReceiptId(notice.receipt_id);
  if (!receipt_ || notice.receipt_id != receipt_->str()) return;  // calls of the turn are told of by the turn
  begin();
  if (gone_) return context_.workspace.kernel().cancel(*receipt_, exchange_->credential->subject);
  if (notice.kind == Kind::kText) events_->text(notice.message);
  if (notice.kind != Kind::kNote) return;
  const std::string id(json::string_or(notice.data, "id", ""));
  const json::Value* const input = notice.data.find("input");
  if (notice.note == "step_started")
    events_->step_started("step-" + std::to_string(json::integer_or(notice.data, "step", 0)));
  if (notice.note == "step_finished") events_->step_finished();
  if (notice.note == "tool_call")
    events_->tool_call(id, std::string(json::string_or(notice.data, "tool", "")),
                       input == nullptr ? json::Value(json::Object{}) : *input);
  if (notice.note == "tool_result") events_->tool_result(id, std::string(json::string_or(notice.data, "content", "")));
}

void Run::begin() {
  if (events_ != nullptr) return;
  events_ = std::make_unique<EventWriter>(exchange_->stream(http::sse_head()), input_.thread_id, input_.run_id);
  events_->stream().on_close([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->gone();
  });
  events_->started(input_.parent_run_id);
  beat();
}

void Run::beat() {
  context_.after(context_.heartbeat, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self && !self->events_->ended() && self->events_->stream().heartbeat()) self->beat();
  });
}

// The end of the connection is the only way in which a client says that the run is to stop.
void Run::gone() {
  if (events_->ended()) return;
  gone_ = true;
  if (receipt_) context_.workspace.kernel().cancel(*receipt_, exchange_->credential->subject);
}

void Run::fail(const Error& error) {
  begin();
  events_->failed(error.message(), std::string(name(error.code())));
}

void Run::ended(const kernel::CallResult& result) {
  mailbox_->drain();
  mailbox_->close();
  // What was refused before anything ran has a status of its own, as on every route.
  const bool parked = result.outcome == journal::Outcome::kPending;
  if (events_ == nullptr && !parked && result.code && sidecar::status_of(result) != 200)
    return exchange_->send_result(result);
  receipt_ = result.receipt;
  begin();
  show_end(result);
}

void Run::show_end(const kernel::CallResult& result) {
  const Result<json::Value> body = json::parse(result.body, {.depth_max = 256});
  const json::Value none = json::Object{};
  const json::Value& document = body.ok() ? *body : none;
  const std::string receipt = result.receipt.str();
  if (result.outcome == journal::Outcome::kPending) {  // the turn itself has to be approved
    json::Array interrupts;
    interrupts.push_back(interrupt_of(std::string(json::string_or(document, "approval_id", "")), {}));
    return interrupt(std::move(interrupts), json::Object{{"receipt_id", receipt}});
  }
  if (result.outcome == journal::Outcome::kCancelled || result.outcome == journal::Outcome::kStopped)
    return events_->finished(json::Object{{"type", "cancelled"}}, json::Object{{"receipt_id", receipt}}, {});
  if (const json::Value* const error = document.find("error"))
    return events_->failed(std::string(json::string_or(*error, "message", "the turn failed")),
                           std::string(json::string_or(*error, "code", "INTERNAL")));
  const json::Value* const data = document.find("data");
  show_answer(data == nullptr ? none : *data, receipt);
}

void Run::show_answer(const json::Value& data, const std::string& receipt) {
  const std::string status(json::string_or(data, "status", "")), why(json::string_or(data, "finish_reason", ""));
  const std::string message(json::string_or(data, "assistant_message", ""));
  const bool suspended = why == "approval" || why == "budget";
  events_->end_text();
  // A reply was shown as it came, unless the run is one that is told again.
  if (!suspended && message != events_->last_text() && (status != "reply" || events_->last_text().empty()))
    events_->text(message);
  json::Value state = input_.state.is_object() ? input_.state : json::Value(json::Object{});
  json::Object ours{{"session_id", input_.session_id}, {"receipt_id", receipt}, {"status", status}};
  if (const json::Value* const turn = data.find("turn_id")) ours.set("turn_id", *turn);
  json::Value result(ours);
  for (const char* member : {"finish_reason", "tool_calls", "evidence_refs"})
    if (const json::Value* const value = data.find(member)) result.as_object().set(member, *value);
  state.as_object().set("lumenflow", std::move(ours));
  events_->state(std::move(state));
  json::Array interrupts;
  if (const json::Value* const waiting = data.find("waiting"); why == "approval" && waiting != nullptr)
    for (const json::Value& each : waiting->as_array())
      interrupts.push_back(interrupt_of(std::string(json::string_or(each, "approval_id", "")),
                                        std::string(json::string_or(each, "tool_call_id", ""))));
  if (!interrupts.empty()) return interrupt(std::move(interrupts), result);
  if (why == "budget") return events_->failed(message, std::string(name(ErrorCode::kLimitExceeded)));
  if (status == "escalate") {
    json::Object question{{"id", "ask-" + std::string(json::string_or(data, "turn_id", ""))},
                          {"reason", "input_required"},
                          {"message", message},
                          {"responseSchema", response_schema("answer", "string", "what the agent is told")}};
    interrupts.push_back(std::move(question));
    return interrupt(std::move(interrupts), result);
  }
  events_->finished(json::Object{{"type", "success"}}, std::move(result), usage_of(data));
}

void Run::interrupt(json::Array interrupts, const json::Value& result) {
  events_->finished(json::Object{{"type", "interrupt"}, {"interrupts", std::move(interrupts)}}, result, {});
}

// An approval as the client's user sees it; whoever signs it reads GET /approvals/{id}, which has all that it covers.
json::Value Run::interrupt_of(const std::string& approval_id, const std::string& tool_call_id) const {
  json::Object out{{"id", approval_id},
                   {"reason", tool_call_id.empty() ? "confirmation" : "tool_call"},
                   {"responseSchema", response_schema("approved", "boolean", "whether the call may be made")}};
  if (!tool_call_id.empty()) out.set("toolCallId", tool_call_id);
  std::string tool = "a call";
  const auto receipt = journal::receipt_of_approval(approval_id);
  const auto snapshot = context_.workspace.log().snapshot();
  if (receipt && snapshot.ok())
    if (const auto parked = journal::find_parked(**snapshot, *receipt); parked.ok() && *parked) {
      tool = (*parked)->tool;
      out.set("expiresAt", format_rfc3339((*parked)->expires_at));
      out.set("metadata", json::Object{{"io.lumenflow/receipt_id", receipt->str()},
                                       {"io.lumenflow/tool", tool},
                                       {"io.lumenflow/call_digest", (*parked)->digest}});
    }
  out.set("message", tool + " waits for an approval");
  return json::Value(std::move(out));
}

}  // namespace lumenflow::ag_ui
