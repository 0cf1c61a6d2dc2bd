#include "hosts/conversation.h"

#include <deque>
#include <optional>
#include <utility>

namespace lumenflow::hosts {
namespace {

using std::chrono::steady_clock;
using Event = ChildConnection::Event;

Outcome fault(ErrorCode code, std::string what) {
  Outcome outcome;
  outcome.error = Error(code, std::move(what));
  return outcome;
}

class Conversation final : public Aside {
 public:
  Conversation(ChildConnection& child, const Protocol& protocol, const ConversationLimits& limits, Question question,
               PackRequests& requests)
      : child_(child),
        protocol_(protocol),
        limits_(limits),
        question_(std::move(question)),
        requests_(requests),
        deadline_(question_.deadline) {
    requests_.speak_by(this);
  }
  ~Conversation() override { requests_.speak_by(nullptr); }
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  Outcome run() {
    const CancelWakes listening(question_.run, child_);
    id_ = child_.next_id();
    child_.send(request_line(id_, question_.method, question_.params));
    std::string line;
    for (;;) {
      if (!early_.empty()) {
        line = std::move(early_.front());
        early_.pop_front();
        if (std::optional<Outcome> end = take(line)) return *std::move(end);
        continue;
      }
      switch (child_.next(line, deadline_)) {
        case Event::kLine:
          if (std::optional<Outcome> end = take(line)) return *std::move(end);
          break;
        case Event::kClosed:
          return fault(ErrorCode::kToolCrashed, "the pack's process ended: " + how_it_ended(child_));
        case Event::kTooLong:
          return fault(ErrorCode::kOutputTooLarge, "the pack wrote a line over the limit");
        case Event::kWoken:
        case Event::kTime:
          if (!cancel()) return cancelled(false);
      }
    }
  }

  bool tell(std::string_view line) override {
    child_.send(line);
    return child_.drain(deadline_);
  }

  bool heard_stop(const json::Value& id) override {
    std::string line;
    while (messages_ + early_.size() <= limits_.messages_max) {
      switch (child_.next(line, steady_clock::time_point())) {
        case Event::kTime:
          return false;
        case Event::kLine: {
          const Result<Message> message = parse_message(line);
          const json::Value* of = message.ok() && message->method == "http/stop" ? message->body.find("id") : nullptr;
          if (of != nullptr && *of == id) return true;
          early_.push_back(line);
          break;
        }
        case Event::kWoken:
          child_.wake();  // run() is to hear of it, too
          return true;
        case Event::kClosed:
        case Event::kTooLong:
          return true;
      }
    }
    return true;
  }

 private:
  // Whether there is still something to wait for: first the child is told, then it has had its time.
  bool cancel() {
    const auto now = steady_clock::now();
    if (cancelled_) return now < *deadline_;
    if (question_.cancel.is_null()) return false;
    cancelled_ = true;
    deadline_ = now + limits_.cancel_grace;
    child_.send(notification_line("call/cancel", question_.cancel));
    child_.flush();
    return true;
  }

  static Outcome cancelled(bool reusable) {
    Outcome outcome;
    outcome.kind = Outcome::Kind::kCancelled;
    outcome.error = Error(ErrorCode::kToolTimeout, "the pack did not answer in time");
    outcome.reusable = reusable;
    return outcome;
  }

  std::optional<Outcome> take(const std::string& line) {
    Result<Message> message = parse_message(line);
    if (!message.ok())
      return fault(ErrorCode::kToolCrashed, "the pack wrote what is no message: " + message.error().message());
    if (message->kind == Message::Kind::kAnswer || message->kind == Message::Kind::kRefusal)
      return take_answer(*std::move(message));
    ++messages_;
    bytes_ += line.size();
    if (messages_ > limits_.messages_max || bytes_ > limits_.message_bytes_max)
      return fault(ErrorCode::kToolCrashed, "the pack asked for more than one run may");
    const bool asks = message->kind == Message::Kind::kRequest;
    if (asks && cancelled_) {
      child_.send(refusal_line(message->id, Error(ErrorCode::kToolCancelled, "the run has ended")));
      return std::nullopt;
    }
    const Result<std::string> reply = requests_.take(*std::move(message), [this](const std::string& said) {
      child_.send(said);
      child_.flush();
    });
    if (!reply.ok()) return fault(ErrorCode::kToolCrashed, "the pack broke the protocol: " + reply.error().message());
    child_.send(*reply);
    return std::nullopt;
  }

  Outcome take_answer(Message message) {
    if (message.id != json::Value(id_))
      return fault(ErrorCode::kToolCrashed,
                   "the pack answered what nobody waits for (id " + json::serialize(message.id) + ")");
    if (message.kind == Message::Kind::kAnswer) {
      if (const Status status = protocol_.check_result(question_.method, message.body); !status.ok()) {
        std::string what = "the pack broke the protocol: " + status.error().message();
        if (!status.error().details().empty())
          what += " (" + status.error().details()[0].pointer + " " + status.error().details()[0].reason + ")";
        return fault(ErrorCode::kToolCrashed, std::move(what));
      }
    }
    if (cancelled_) return cancelled(true);
    Outcome outcome;
    outcome.kind = Outcome::Kind::kAnswered;
    outcome.message = std::move(message);
    outcome.reusable = true;
    return outcome;
  }

  ChildConnection& child_;
  const Protocol& protocol_;
  const ConversationLimits& limits_;
  const Question question_;
  PackRequests& requests_;
  ChildConnection::Deadline deadline_;
  std::int64_t id_ = 0;
  std::deque<std::string> early_;  // lines that came while a request was worked on
  std::size_t messages_ = 0;
  std::size_t bytes_ = 0;
  bool cancelled_ = false;
};

}  // namespace

Outcome ask(ChildConnection& child, const Protocol& protocol, const ConversationLimits& limits, Question question,
            PackRequests& requests) {
  return Conversation(child, protocol, limits, std::move(question), requests).run();
}

bool settle(ChildConnection& child, PackRequests& requests, std::size_t messages_max) {
  std::string line;
  for (std::size_t i = 0; i <= messages_max; ++i) {
    const Event event = child.next(line, steady_clock::time_point());
    if (event == Event::kTime) return true;
    if (event == Event::kWoken) continue;
    if (event != Event::kLine) return false;
    Result<Message> message = parse_message(line);
    if (!message.ok() || message->kind == Message::Kind::kAnswer || message->kind == Message::Kind::kRefusal)
      return false;
    const Result<std::string> reply = requests.take(*std::move(message));
    if (!reply.ok()) return false;
    child.send(*reply);
  }
  return false;
}

}  // namespace lumenflow::hosts
