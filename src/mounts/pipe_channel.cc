#include "mounts/pipe_channel.h"

#include <chrono>
#include <utility>

namespace lumenflow::mounts {
namespace {

using std::chrono::steady_clock;
using Event = hosts::ChildConnection::Event;

// Programs greet on stdout though they must not; what cannot be meant as a message is passed over.
bool is_chatter(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t\r");
  return first == std::string_view::npos || (line[first] != '{' && line[first] != '[');
}

}  // namespace

Reply PipeChannel::fault(ErrorCode code, std::string what) {
  usable_ = false;
  Reply reply;
  reply.error = Error(code, std::move(what));
  return reply;
}

Status PipeChannel::tell(std::string_view method, const json::Value& params) {
  child_.send(mcp::notification_text(method, params) + "\n");
  child_.flush();
  return {};
}

Reply PipeChannel::ask(const Asked& asked) {
  const hosts::CancelWakes listening(asked.run, child_);
  const std::int64_t id = child_.next_id();
  messages_ = bytes_ = 0;
  usable_ = true;
  child_.send(mcp::request_text(id, asked.method, asked.params) + "\n");
  std::string line;
  for (;;) {
    switch (child_.next(line, asked.deadline)) {
      case Event::kLine:
        if (std::optional<Reply> end = take(line, asked, id)) return *std::move(end);
        break;
      case Event::kClosed:
        return fault(ErrorCode::kToolCrashed, "the server's process ended: " + hosts::how_it_ended(child_));
      case Event::kTooLong:
        return fault(ErrorCode::kOutputTooLarge, "the server wrote a line over the limit");
      case Event::kWoken:
      case Event::kTime:
        return cancelled(asked, id);
    }
  }
}

std::optional<Reply> PipeChannel::take(const std::string& line, const Asked& asked, std::int64_t id) {
  if (is_chatter(line)) {
    if (++messages_ <= limits_.messages_max) return std::nullopt;
    return fault(ErrorCode::kToolCrashed, "the server wrote lines that are no messages without end");
  }
  Result<mcp::Message> message = mcp::parse_message(line, kMessageDepthMax);
  if (!message.ok())
    return fault(ErrorCode::kToolCrashed, "the server wrote what is no message: " + message.error().message());
  if (message->kind == mcp::Message::Kind::kRequest || message->kind == mcp::Message::Kind::kNotification)
    bytes_ += line.size();
  return take_message(*std::move(message), asked, id);
}

std::optional<Reply> PipeChannel::take_message(mcp::Message message, const Asked& asked, std::int64_t id) {
  if (++messages_ > limits_.messages_max || bytes_ > limits_.message_bytes_max)
    return fault(ErrorCode::kToolCrashed, "the server said more than one call may hear");
  if (message.kind == mcp::Message::Kind::kNotification) {
    if (asked.inbound != nullptr) asked.inbound->notice(message.method, message.params);
    return std::nullopt;
  }
  if (message.kind == mcp::Message::Kind::kRequest) {
    const Result<json::Value> answer =
        asked.inbound != nullptr ? asked.inbound->answer(message.method, message.params)
                                 : Result<json::Value>(Error(ErrorCode::kMethodNotAllowed, "nothing is offered now"));
    child_.send((answer.ok() ? mcp::result_text(message.id, *answer)
                             : mcp::error_text(message.id,
                                               {info(answer.error().code()).json_rpc, answer.error().message(), {}})) +
                "\n");
    return std::nullopt;
  }
  if (message.id != json::Value(id)) {
    // What was cancelled may be answered late; a refusal without an id is of what could not be read, so of this.
    const std::int64_t* const of = message.id.if_integer();
    if (of != nullptr && *of > 0 && *of < id) return std::nullopt;
    if (!(message.kind == mcp::Message::Kind::kError && message.id.is_null()))
      return fault(ErrorCode::kToolCrashed, "the server answered what nobody waits for");
  }
  Reply reply;
  reply.kind = message.kind == mcp::Message::Kind::kResult ? Reply::Kind::kResult : Reply::Kind::kRefusal;
  reply.result = std::move(message.result);
  reply.refusal = std::move(message.error);
  return reply;
}

// A server does not answer what was cancelled, so it is asked something else: one that answers in time goes on.
Reply PipeChannel::cancelled(const Asked& asked, std::int64_t id) {
  (void)tell("notifications/cancelled", json::Object{{"requestId", id}, {"reason", "the call was ended"}});
  const std::int64_t probe = child_.next_id();
  child_.send(mcp::request_text(probe, "ping", json::Object{}) + "\n");
  usable_ = false;
  Reply reply;
  reply.kind = Reply::Kind::kCancelled;
  const bool by_run = asked.run != nullptr && (!asked.deadline || steady_clock::now() < *asked.deadline);
  reply.error = by_run ? Error(ErrorCode::kToolCancelled, "the call was cancelled")
                       : Error(ErrorCode::kToolTimeout, "the server did not answer " + asked.method + " in time");
  const auto deadline = steady_clock::now() + limits_.cancel_grace;
  std::string line;
  for (;;) {
    const Event event = child_.next(line, deadline);
    if (event == Event::kWoken) continue;
    if (event != Event::kLine) return reply;
    if (is_chatter(line)) continue;
    const Result<mcp::Message> message = mcp::parse_message(line, kMessageDepthMax);
    if (!message.ok() || ++messages_ > limits_.messages_max) return reply;
    if (message->kind == mcp::Message::Kind::kRequest)
      child_.send(mcp::error_text(message->id, {-32800, "the call has ended", {}}) + "\n");
    if (message->id != json::Value(probe)) continue;
    usable_ = true;
    return reply;
  }
}

bool PipeChannel::settle(Inbound& inbound) {
  std::string line;
  for (std::size_t i = 0; i < 64; ++i) {
    const Event event = child_.next(line, steady_clock::time_point());
    if (event == Event::kTime) return true;
    if (event == Event::kWoken) continue;
    if (event != Event::kLine) return false;
    if (is_chatter(line)) continue;
    const Result<mcp::Message> message = mcp::parse_message(line, kMessageDepthMax);
    if (!message.ok()) return false;
    if (message->kind == mcp::Message::Kind::kNotification) {
      inbound.notice(message->method, message->params);
    } else if (message->kind == mcp::Message::Kind::kRequest) {
      const Result<json::Value> answer = inbound.answer(message->method, message->params);
      child_.send((answer.ok() ? mcp::result_text(message->id, *answer)
                               : mcp::error_text(message->id, {mcp::kMethodNotFound, answer.error().message(), {}})) +
                  "\n");
    }
  }
  return false;
}

}  // namespace lumenflow::mounts
