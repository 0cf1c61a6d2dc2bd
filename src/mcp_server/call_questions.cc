// What a call asks of whoever called, and what they answer.
#include <utility>

#include "mcp/form.h"
#include "mcp_server/call_round.h"

namespace lumenflow::mcp_server {

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

void McpCall::take_answers(const json::Value& responses) {
  if (round_) take(*round_, responses);
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
  if (request_ && request_->over())
    return round->finish(Error(ErrorCode::kToolCancelled, "the client's token is over"));
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

}  // namespace lumenflow::mcp_server
