#include "sidecar/mcp_call.h"

#include <algorithm>
#include <utility>

#include "mcp/form.h"

namespace lumenflow::sidecar {
namespace {

constexpr std::chrono::milliseconds kOpenAfter{250};  // a call that takes longer is answered by a stream
constexpr std::int64_t kPollMs = 500;
constexpr std::string_view kApprovalKey = "approval";

std::string approval_of(const kernel::CallResult& result) {
  const Result<json::Value> body = json::parse(result.body, {.depth_max = 256});
  if (!body.ok()) return {};
  const json::Value* const direct = body->find("approval_id");
  const json::Value* const nested = direct != nullptr ? direct : body->at_pointer("/error/details/approval_id");
  return nested != nullptr && nested->is_string() ? nested->as_string() : std::string();
}

}  // namespace

struct McpCall::Round {
  std::vector<pack::Question> questions;
  std::vector<std::string> keys;                    // what each is called to the client
  std::vector<std::optional<json::Value>> answers;  // the io thread's, until done
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false, cancelled = false;
  std::optional<Error> error;

  bool complete() const {
    return std::ranges::all_of(answers, [](const auto& answer) { return answer.has_value(); });
  }
  void finish(std::optional<Error> why = {}) {
    const std::lock_guard lock(mutex);
    done = true;
    error = std::move(why);
    changed.notify_all();
  }
};

mcp::RpcError missing_capability(std::string_view capability) {
  json::Object required;
  if (capability.find('/') != std::string_view::npos)
    required.set("extensions", json::Object{{std::string(capability), json::Object{}}});
  else
    required.set(std::string(capability), json::Object{});
  return {
      mcp::kMissingClientCapability, "Missing required client capability: " + std::string(capability),
      json::Object{{"code", name(ErrorCode::kClientCapabilityMissing)}, {"requiredCapabilities", std::move(required)}}};
}

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
    call.idempotency_key = key->as_string();
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
  request_ = std::move(request);
  if (!request_) return;
  if (request_->stateless())
    request_->answer().when_gone([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->cancel();
    });
  ports_.context.after(kOpenAfter, [weak = std::weak_ptr(request_)] {
    const auto waiting = weak.lock();
    if (waiting && !waiting->answer().ended()) waiting->answer().open();
  });
  if (outcome_) return give(*std::exchange(outcome_, {}));
  if (waits_for_approval_) {
    const json::Value* const said = request_->message.param("inputResponses");
    const json::Value* const answer = said != nullptr && said->is_object() ? said->find(kApprovalKey) : nullptr;
    if (answer != nullptr && answer->is_object() && json::string_or(*answer, "action", "accept") != "accept")
      ports_.context.workspace.kernel().cancel(*receipt_, Subject(subject_));
    return wait_for_approval();
  }
  if (const json::Value* const responses = request_->message.param("inputResponses"); responses && round_)
    take(*round_, *responses);
  if (round_) return request_input();
  if (wants_task_ == pack::McpTask::kAfterInput && !keys_.empty()) become_task();
}

void McpCall::take_answers(const json::Value& responses) {
  if (round_) take(*round_, responses);
}

void McpCall::cancel() {
  cancelled_ = true;
  request_.reset();
  if (receipt_) ports_.context.workspace.kernel().cancel(*receipt_, Subject(subject_));
}

bool McpCall::may_ask(std::string_view method) const { return mcp::can_answer(capabilities_, method); }

Result<std::vector<json::Value>> McpCall::ask(const std::vector<pack::Question>& questions,
                                              kernel::Cancellation* cancelled) {
  for (const pack::Question& question : questions)
    if (!mcp::can_answer(capabilities_, question.method, &question.params)) {
      ports_.context.post([self = shared_from_this(), capability = std::string(mcp::capability_of(question.method))] {
        self->missing_ = capability;
      });
      return pack::nobody_to_ask(question.method);
    }
  const auto round = std::make_shared<Round>();  // shared by the thread that waits and the io thread
  round->questions = questions;
  round->answers.resize(questions.size());
  const kernel::Cancellation::Also also(cancelled, [&round] {
    const std::lock_guard lock(round->mutex);
    round->cancelled = true;
    round->changed.notify_all();
  });
  ports_.context.post([self = shared_from_this(), round] { self->begin_round(round); });
  std::unique_lock lock(round->mutex);
  round->changed.wait(lock, [&] { return round->done || round->cancelled; });
  if (!round->done) return Error(ErrorCode::kToolCancelled, "the call ended before its question was answered");
  if (round->error) return *round->error;
  std::vector<json::Value> answers;
  for (auto& answer : round->answers) answers.push_back(*std::move(answer));
  return answers;
}

void McpCall::begin_round(const std::shared_ptr<Round>& round) {
  if (cancelled_) return round->finish(Error(ErrorCode::kToolCancelled, "the client is gone"));
  for (const pack::Question& question : round->questions) {
    const int before = keys_[question.key]++;
    round->keys.push_back(before == 0 ? question.key : question.key + "-" + std::to_string(before + 1));
  }
  round_ = round;
  if (mcp::has_sessions(revision_)) return ask_in_session(round);
  if (!given_.empty()) take(*round, json::Value(std::exchange(given_, {})));
  if (!round_) return wants_task_ == pack::McpTask::kAfterInput ? become_task() : void();
  updated_ = ports_.context.clock.now();
  if (is_task_) return ports_.changed(*this);
  if (wants_task_ == pack::McpTask::kAfterInput || wants_task_ == pack::McpTask::kNever) return request_input();
  become_task();
}

// Each question is a request of its own, on the stream of the call.
void McpCall::ask_in_session(const std::shared_ptr<Round>& round) {
  if (!request_) return round->finish(Error(ErrorCode::kToolCancelled, "the client is gone"));
  for (std::size_t i = 0; i < round->questions.size(); ++i) {
    const pack::Question& question = round->questions[i];
    const auto answered = [self = shared_from_this(), round, i](Result<json::Value> answer) {
      if (round->done) return;
      Status status = answer.ok() ? mcp::check_answer(round->questions[i].method, round->questions[i].params, *answer)
                                  : Status(answer.error());
      if (status.ok()) round->answers[i] = *std::move(answer);
      if (status.ok() && !round->complete()) return;
      self->round_.reset();
      round->finish(status.ok() ? std::optional<Error>() : std::optional(status.error()));
    };
    request_->answer().say(request_->session->ask(question.method, question.params, answered));
  }
}

// Counts what fits; the rest is asked again.
void McpCall::take(Round& round, const json::Value& responses) {
  if (!responses.is_object()) return;
  for (std::size_t i = 0; i < round.questions.size(); ++i) {
    const json::Value* const answer = responses.find(round.keys[i]);
    const bool fits = answer != nullptr && !round.answers[i] &&
                      mcp::check_answer(round.questions[i].method, round.questions[i].params, *answer).ok();
    if (fits) round.answers[i] = *answer;
  }
  if (!round.complete()) return;
  const std::shared_ptr<Round> finished = std::exchange(round_, {});
  updated_ = ports_.context.clock.now();
  finished->finish();
}

json::Value McpCall::input_requests() const {
  json::Object requests;
  for (std::size_t i = 0; round_ && i < round_->questions.size(); ++i)
    if (!round_->answers[i])
      requests.set(round_->keys[i],
                   json::Object{{"method", round_->questions[i].method}, {"params", round_->questions[i].params}});
  return json::Value(std::move(requests));
}

void McpCall::request_input() {
  if (!request_ || !round_) return;  // whoever comes back is asked
  const McpRequestPtr request = std::exchange(request_, {});
  request->reply_as("input_required",
                    json::Object{{"inputRequests", input_requests()}, {"requestState", ports_.state(*this, *request)}});
}

void McpCall::heard(const kernel::CallNotice& notice) {
  if (notice.kind == kernel::CallNotice::Kind::kStarted && !receipt_) return began(ReceiptId(notice.receipt_id));
  if (notice.kind == kernel::CallNotice::Kind::kProgress) {
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
  const McpRequestPtr request = std::exchange(request_, {});
  if (auto* const result = std::get_if<json::Value>(&outcome))
    request->reply(std::move(*result));
  else
    request->fail(std::get<mcp::RpcError>(outcome),
                  std::get<mcp::RpcError>(outcome).code == mcp::kMissingClientCapability ? 400 : 200);
  ports_.over(*this);
}

// --- approvals ---

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
  ports_.context.after(std::chrono::seconds(20), come_back);
}

// --- tasks ---

void McpCall::become_task() {
  if (is_task_ || !request_ || !receipt_) return;
  is_task_ = true;
  task_id_ = receipt_->str();
  ports_.changed(*this);  // it can be asked after before the client knows of it
  const McpRequestPtr request = std::exchange(request_, {});
  json::Value seed = task();
  seed.as_object().erase("inputRequests");
  request->reply_as("task", std::move(seed));
}

json::Value McpCall::task() const {
  std::string_view status = "working";
  if (round_) status = "input_required";
  if (outcome_) status = std::holds_alternative<json::Value>(*outcome_) ? "completed" : "failed";
  if (outcome_ && cancelled_) status = "cancelled";
  json::Object out{{"taskId", task_id_},
                   {"status", status},
                   {"createdAt", format_rfc3339(created_)},
                   {"lastUpdatedAt", format_rfc3339(updated_)},
                   {"ttlMs", std::int64_t{3'600'000}},
                   {"pollIntervalMs", kPollMs}};
  if (!task_message_.empty()) out.set("statusMessage", task_message_);
  if (status == "input_required") out.set("inputRequests", input_requests());
  if (status == "completed") out.set("result", std::get<json::Value>(*outcome_));
  if (status == "failed") {
    const auto& error = std::get<mcp::RpcError>(*outcome_);
    json::Object body{{"code", error.code}, {"message", error.message}};
    if (!error.data.is_null()) body.set("data", error.data);
    out.set("error", std::move(body));
  }
  return json::Value(std::move(out));
}

}  // namespace lumenflow::sidecar
