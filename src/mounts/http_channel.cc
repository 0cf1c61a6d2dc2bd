#include "mounts/http_channel.h"

#include <algorithm>
#include <thread>

#include "lumenflow/sse_reader.h"

namespace lumenflow::mounts {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kLongest{24 * 3'600'000};
constexpr milliseconds kAside{10'000};  // for what is said beside a request
constexpr milliseconds kFarewell{1'000};
constexpr std::size_t kSessionBytesMax = 1024;
constexpr int kResumesMax = 16;

milliseconds time_left(const Deadline& deadline) {
  if (!deadline) return kLongest;
  return std::clamp(std::chrono::ceil<milliseconds>(*deadline - steady_clock::now()), milliseconds(1), kLongest);
}

bool is_stream(const http::ClientResponse& head) {
  const auto type = head.header("content-type");
  return type && type->starts_with("text/event-stream");
}

// Ends the request when its run is cancelled.
class Stopping {
 public:
  Stopping(pack::HostedRun* run, http::Fetch& fetch) : run_(run) {
    if (run_ != nullptr) run_->when_cancelled([&fetch] { fetch.stop(); });
  }
  ~Stopping() {
    if (run_ != nullptr) run_->when_cancelled({});
  }
  Stopping(const Stopping&) = delete;
  Stopping& operator=(const Stopping&) = delete;

 private:
  pack::HostedRun* const run_;
};

}  // namespace

// Takes what comes back for one request.
class HttpChannel::Listener {
 public:
  Listener(HttpChannel& channel, const Asked& asked, std::int64_t id)
      : channel_(channel),
        asked_(asked),
        id_(id),
        events_([this](const ReceivedEvent& event) { return event.data.empty() || take_text(event.data); },
                channel.limits_.answer_bytes_max) {}
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  bool take(const http::ClientResponse& head, std::string_view piece) {
    if (!is_stream(head)) {
      body_ += piece;
      return true;
    }
    return events_.feed(piece);
  }
  // One message; whether more is wanted.
  bool take_text(const std::string& text) {
    Result<mcp::Message> message = mcp::parse_message(text, kMessageDepthMax);
    if (!message.ok())
      return end(ErrorCode::kToolCrashed, "the server sent what is no message: " + message.error().message());
    const bool answers = message->kind == mcp::Message::Kind::kResult || message->kind == mcp::Message::Kind::kError;
    if (!answers) bytes_ += text.size();
    if (++messages_ > channel_.limits_.messages_max || bytes_ > channel_.limits_.message_bytes_max)
      return end(ErrorCode::kToolCrashed, "the server said more than one call may hear");
    if (message->kind == mcp::Message::Kind::kNotification) {
      if (asked_.inbound != nullptr) asked_.inbound->notice(message->method, message->params);
      return true;
    }
    if (message->kind == mcp::Message::Kind::kRequest) return answer(*message);
    if (message->id != json::Value(id_) && !(message->id.is_null() && message->kind == mcp::Message::Kind::kError))
      return end(ErrorCode::kToolCrashed, "the server answered what nobody waits for");
    reply.emplace();
    reply->kind = message->kind == mcp::Message::Kind::kResult ? Reply::Kind::kResult : Reply::Kind::kRefusal;
    reply->result = std::move(message->result);
    reply->refusal = std::move(message->error);
    return false;
  }
  void finish_body() {
    if (!reply && !body_.empty()) take_text(std::exchange(body_, {}));
  }
  bool end(ErrorCode code, std::string what) {
    reply.emplace();
    reply->error = Error(code, std::move(what));
    return false;
  }
  bool too_long() const { return events_.too_large(); }
  const std::string& last_id() const { return events_.last_id(); }

  std::optional<Reply> reply;

 private:
  bool answer(const mcp::Message& message) {
    const Result<json::Value> said =
        asked_.inbound != nullptr ? asked_.inbound->answer(message.method, message.params)
                                  : Result<json::Value>(Error(ErrorCode::kMethodNotAllowed, "nothing is offered now"));
    const std::string text =
        said.ok() ? mcp::result_text(message.id, *said)
                  : mcp::error_text(message.id, {info(said.error().code()).json_rpc, said.error().message(), {}});
    const Status sent = channel_.post(text, kAside);
    return sent.ok() || end(sent.error().code(), "answering the server: " + sent.error().message());
  }

  HttpChannel& channel_;
  const Asked& asked_;
  const std::int64_t id_;
  SseReader events_;
  std::string body_;
  std::size_t messages_ = 0, bytes_ = 0;
};

http::FetchRequest HttpChannel::request(std::string body, milliseconds timeout) const {
  http::FetchRequest out;
  out.url = target_.url.origin() + target_.url.path;
  out.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json, text/event-stream"}};
  if (!options_.bearer.empty()) out.headers.emplace_back("Authorization", "Bearer " + options_.bearer);
  if (!revision_.empty()) out.headers.emplace_back("MCP-Protocol-Version", revision_);
  if (!session_.empty()) out.headers.emplace_back("Mcp-Session-Id", session_);
  out.body = std::move(body);
  out.ca_file = options_.ca_file;
  out.timeout = timeout;
  out.connect_timeout = std::min(options_.connect_timeout, timeout);
  out.body_bytes_max = limits_.message_bytes_max + limits_.answer_bytes_max;
  out.may_connect = [this](std::string_view address, std::uint16_t port) {
    return options_.may_connect ? options_.may_connect(address, port) : target_.may_connect(address, port);
  };
  return out;
}

Status HttpChannel::post(std::string body, milliseconds timeout) const {
  http::Fetch fetch(request(std::move(body), timeout));
  LUMENFLOW_TRY_ASSIGN(const http::FetchAnswer answer, fetch.run());
  if (answer.response.status >= 200 && answer.response.status < 300) return {};
  return Error(ErrorCode::kToolCrashed, "the server answered " + std::to_string(answer.response.status));
}

Status HttpChannel::tell(std::string_view method, const json::Value& params) {
  return post(mcp::notification_text(method, params), kAside);
}

void HttpChannel::end_session() {
  if (session_.empty()) return;
  http::FetchRequest asked = request({}, kFarewell);
  asked.method = "DELETE";
  http::Fetch fetch(std::move(asked));
  (void)fetch.run();  // a server may refuse that
}

Reply HttpChannel::ask(const Asked& asked) {
  const std::int64_t id = ++ids_;
  Listener listener(*this, asked, id);
  http::FetchRequest post = request(mcp::request_text(id, asked.method, asked.params), time_left(asked.deadline));
  post.headers.insert(post.headers.end(), asked.headers.begin(), asked.headers.end());
  post.on_body = [&](const http::ClientResponse& head, std::string_view piece) { return listener.take(head, piece); };
  http::Fetch fetch(std::move(post));
  Result<http::FetchAnswer> answer = [&] {
    const Stopping stopping(asked.run, fetch);
    return fetch.run();
  }();
  if (answer.ok() && asked.method == "initialize")
    if (const auto session = answer->response.header("mcp-session-id"); session && session->size() <= kSessionBytesMax)
      session_ = *session;
  if (listener.reply) return *std::move(listener.reply);
  if (!answer.ok() && listener.last_id().empty()) return failed(answer.error(), asked, id, fetch.connected());
  if (answer.ok()) {
    Reply reply = reply_of(*answer, listener);
    if (reply.kind != Reply::Kind::kFault || listener.last_id().empty()) return reply;
  }
  // A stream with ids that ended before its answer goes on where it broke off (2025-11-25, "Resumability").
  if (std::optional<Reply> resumed = resume(asked, listener)) return *std::move(resumed);
  Reply reply;
  reply.error = Error(ErrorCode::kToolCrashed, "the server's stream broke off before the answer");
  return reply;
}

std::optional<Reply> HttpChannel::resume(const Asked& asked, Listener& listener) {
  for (int i = 0; i < kResumesMax && !listener.reply; ++i) {
    if (asked.deadline && steady_clock::now() >= *asked.deadline) break;
    http::FetchRequest get = request({}, time_left(asked.deadline));
    get.method = "GET";
    get.headers.emplace_back("Last-Event-ID", listener.last_id());
    get.on_body = [&](const http::ClientResponse& head, std::string_view piece) { return listener.take(head, piece); };
    http::Fetch fetch(std::move(get));
    const Stopping stopping(asked.run, fetch);
    const Result<http::FetchAnswer> answer = fetch.run();
    if (answer.ok() && (answer->response.status < 200 || answer->response.status > 299)) break;
    if (!answer.ok() && answer.error().code() != ErrorCode::kUnreachable) break;
  }
  return std::exchange(listener.reply, std::nullopt);
}

Reply HttpChannel::reply_of(const http::FetchAnswer& answer, Listener& listener) {
  const int status = answer.response.status;
  Reply reply;
  reply.http_status = status;
  const auto fault = [&](std::string what, bool not_taken) {
    reply.error = Error(ErrorCode::kToolCrashed, std::move(what));
    reply.not_taken = not_taken;
    return reply;
  };
  if (listener.too_long()) return fault("the server sent an event over the limit", false);
  if (status >= 200 && status < 300) {
    listener.finish_body();
    if (listener.reply) {
      reply = *std::move(listener.reply);
      reply.http_status = status;
      return reply;
    }
    return fault("the server's answer ended before there was a message in it", false);
  }
  if (status >= 300 && status < 400)
    return fault("the server redirects elsewhere, which is not followed: mount the URL that it leads to", true);
  if (status == 404 && !session_.empty()) {
    session_lost_ = true;
    return fault("the server knows the session no more", true);
  }
  if (status == 401 || status == 403)
    return fault("the server answered " + std::to_string(status) + ": it wants other credentials (runtime.bearer_env)",
                 true);
  if (const Result<mcp::Message> said = mcp::parse_message(answer.response.body, kMessageDepthMax);
      said.ok() && said->kind == mcp::Message::Kind::kError) {
    reply.kind = Reply::Kind::kRefusal;
    reply.refusal = said->error;
    return reply;
  }
  return fault("the server answered " + std::to_string(status), status < 500);
}

Reply HttpChannel::failed(const Error& error, const Asked& asked, std::int64_t id, bool connected) {
  Reply reply;
  reply.error = error;
  reply.not_taken = !connected;
  const bool late = asked.deadline && steady_clock::now() >= *asked.deadline;
  if (error.code() == ErrorCode::kToolCancelled || late) {
    reply.kind = Reply::Kind::kCancelled;
    if (late) reply.error = Error(ErrorCode::kToolTimeout, "the server did not answer " + asked.method + " in time");
    // To a server without handshakes the end of the connection says it.
    if (!session_.empty() || (!revision_.empty() && revision_ < "2026"))
      (void)post(mcp::notification_text("notifications/cancelled",
                                        json::Object{{"requestId", id}, {"reason", "the call was ended"}}),
                 kFarewell);
  }
  return reply;
}

}  // namespace lumenflow::mounts
