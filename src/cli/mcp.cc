// `lumenflow mcp`: the Model Context Protocol on stdin and stdout (basic/transports/stdio), for coding agents that
// start a server themselves. Each line is passed on to the sidecar's /mcp over its control socket, or over that of a
// private sidecar where none runs; what comes back is written as lines. A session that the sidecar has lost, because
// it was started anew, is begun anew with what the client has said before: the client knows of no sessions.
#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <iostream>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "cli/commands.h"
#include "cli/session.h"
#include "http/interrupt.h"
#include "lumenflow/sse_reader.h"
#include "mcp/message.h"

namespace lumenflow::cli {
namespace {

constexpr const char* kSessionHeader = "Mcp-Session-Id";
constexpr int kSessionNotFound = -32001;           // of a request to the sidecar, with a status of 404
constexpr std::size_t kAtOnceMax = 64;             // requests under way; more wait to be read
constexpr std::chrono::seconds kFinishWithin{60};  // for the answers to what was read before the end of stdin
constexpr const char* kBrokenOff =
    "the sidecar ended its answer before it was complete; what was under way may have been carried out";
constexpr std::size_t kRememberedMax = 256;  // subscriptions, as many as a session has

bool feed_line(SseReader& events, std::string_view line) { return events.feed(line) && events.feed("\n"); }

bool is_answer(std::string_view text, const json::Value& id) {
  const Result<mcp::Message> message = mcp::parse_message(text);
  return message.ok() && message->id == id && message->method.empty();
}

class Bridge {
 public:
  Bridge(Context& context, Session& session) : context_(context), session_(session) {
    if (const char* const token = std::getenv("LUMENFLOW_TOKEN"); token != nullptr && *token != '\0') token_ = token;
  }

  int run() {
    std::string line;
    while (std::getline(context_.in, line)) {
      if (line.empty()) continue;
      take(std::move(line));
      line.clear();
    }
    const std::size_t given_up = finish();
    interrupt_all();
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return at_work_ == 0; });
    if (given_up == 0) return 0;
    context_.err << "lumenflow mcp: stdin has ended, and " << given_up
                 << " requests were given up that had no answer after a minute\n";
    return 1;
  }

 private:
  // What was asked before the end of stdin is answered; what only listens is not waited for.
  std::size_t finish() {
    std::unique_lock lock(mutex_);
    if (listener_) listener_->fire();
    for (const std::string& id : listeners_)
      if (const auto found = running_.find(id); found != running_.end()) found->second->fire();
    const auto left = [this] {
      return static_cast<std::size_t>(
          std::ranges::count_if(running_, [this](const auto& one) { return !listeners_.contains(one.first); }));
    };
    idle_.wait_for(lock, kFinishWithin, [&] { return left() == 0; });
    return left();
  }

  void take(std::string line) {
    Result<mcp::Message> message = mcp::parse_message(line);
    if (!message.ok()) return write(mcp::error_text(mcp::id_of(line), mcp::rpc_error(message.error(), mcp::kLatest)));
    // Only a request may take its time; what comes after `initialize` needs the session that it begins.
    if (message->kind != mcp::Message::Kind::kRequest) return notify(*message, std::move(line));
    if (message->method == "initialize") return exchange(*std::move(message), std::move(line), nullptr);
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return at_work_ < kAtOnceMax; });
    ++at_work_;
    const auto interrupt = std::make_shared<http::Interrupt>();  // shared with the request's client
    running_[json::serialize(message->id)] = interrupt;
    if (message->method == "subscriptions/listen") listeners_.insert(json::serialize(message->id));
    std::thread([this, interrupt, message = *std::move(message), line = std::move(line)]() mutable {
      const std::string id = json::serialize(message.id);
      exchange(std::move(message), std::move(line), interrupt);
      const std::lock_guard guard(mutex_);
      running_.erase(id);
      listeners_.erase(id);
      --at_work_;
      idle_.notify_all();
    }).detach();
  }

  // Without a session the end of the connection is what cancels a request.
  void notify(const mcp::Message& message, std::string line) {
    const json::Value* const id =
        message.kind == mcp::Message::Kind::kNotification && message.method == "notifications/cancelled"
            ? message.param("requestId")
            : nullptr;
    std::unique_lock lock(mutex_);
    const bool in_session = !session_id_.empty();
    if (id != nullptr && !in_session) {
      if (const auto found = running_.find(json::serialize(*id)); found != running_.end()) found->second->fire();
      return;
    }
    lock.unlock();
    if (!in_session) return;
    const bool initialized = message.method == "notifications/initialized";
    if (initialized) remember("initialized", line);
    http::Client client = make_client(nullptr);
    static_cast<void>(client.send(request_of(std::move(line))));
    if (initialized) listen();
  }

  http::Client make_client(std::shared_ptr<http::Interrupt> interrupt) const {
    http::ClientOptions options = session_.connection();
    options.timeout = std::chrono::hours(24);
    options.interrupt = std::move(interrupt);
    return http::Client(std::move(options));
  }

  http::ClientRequest request_of(std::string line) {
    http::ClientRequest request;
    request.method = http::Method::kPost;
    request.path = "/mcp";
    request.body = std::move(line);
    request.headers = {{"Accept", "application/json, text/event-stream"}};
    add_identity(request);
    return request;
  }

  void add_identity(http::ClientRequest& request) {
    if (!token_.empty()) request.headers.emplace_back("Authorization", "Bearer " + token_);
    const std::lock_guard lock(mutex_);
    if (!session_id_.empty()) request.headers.emplace_back(kSessionHeader, session_id_);
  }

  // What a session is begun anew with: the handshake, and what the client wants to hear.
  void remember(const std::string& what, const std::string& line) {
    const std::lock_guard lock(mutex_);
    if (remembered_.size() < kRememberedMax || remembered_.contains(what)) remembered_[what] = line;
  }
  void remember(const mcp::Message& message, const std::string& line) {
    const std::string uri(json::string_or(message.params, "uri", ""));
    if (message.method == "initialize" || message.method == "logging/setLevel") remember(message.method, line);
    if (message.method == "resources/subscribe") remember("subscribe " + uri, line);
    if (message.method != "resources/unsubscribe") return;
    const std::lock_guard lock(mutex_);
    remembered_.erase("subscribe " + uri);
  }

  // After the sidecar was started anew. False: the client has to begin.
  bool begin_anew(const std::string& lost) {
    const std::lock_guard one(beginning_);
    std::map<std::string, std::string> before;
    {
      const std::lock_guard lock(mutex_);
      if (session_id_ != lost) return !session_id_.empty();  // another request has begun it
      before = remembered_;
    }
    const auto handshake = before.find("initialize");
    if (handshake == before.end()) return false;
    http::Client client = make_client(nullptr);
    http::ClientRequest first = request_of(handshake->second);
    std::erase_if(first.headers, [](const auto& header) { return header.first == kSessionHeader; });
    const auto answer = client.send(first);
    const auto id = answer.ok() ? answer->header("mcp-session-id") : std::nullopt;
    if (!id) return false;  // the next request tries again
    {
      const std::lock_guard lock(mutex_);
      session_id_ = *id;
    }
    before.erase(handshake);
    for (const auto& [what, line] : before) static_cast<void>(client.send(request_of(line)));
    if (before.contains("initialized")) listen();
    return true;
  }

  static std::string session_of(const http::ClientRequest& request) {
    for (const auto& [name, value] : request.headers)
      if (name == kSessionHeader) return value;
    return {};
  }

  // The request was refused for its session alone: nothing was done.
  static bool has_lost_session(const Result<http::ClientResponse>& answer, const http::ClientRequest& request) {
    if (!answer.ok() || answer->status != 404 || session_of(request).empty()) return false;
    const Result<mcp::Message> refusal = mcp::parse_message(answer->body);
    return refusal.ok() && refusal->kind == mcp::Message::Kind::kError && refusal->error.code == kSessionNotFound;
  }

  mcp::RpcError unreachable(const Error& error) const {
    if (error.code() != ErrorCode::kUnreachable) return mcp::rpc_error(error, mcp::kLatest);
    return mcp::rpc_error(
        Error(ErrorCode::kUnreachable, "no sidecar answers at " + session_.connection().socket_path +
                                           ": start `lumenflow up` in " + session_.root() +
                                           "; what was under way when it ended may have been carried out"),
        mcp::kLatest);
  }

  void exchange(mcp::Message message, std::string line, std::shared_ptr<http::Interrupt> interrupt) {
    remember(message, line);
    http::Client client = make_client(interrupt);
    bool streamed = false, answered = false;  // streamed: an answer that has begun
    std::string plain;
    SseReader events(
        [&](const ReceivedEvent& event) {
          if (event.data.empty()) return true;  // says an id alone
          answered = answered || is_answer(event.data, message.id);
          write(event.data);
          return true;
        },
        kEventBytesMax);
    const auto heard = [&](std::string_view text) {
      if (!streamed && text.starts_with('{')) {
        plain += text;
        return true;
      }
      streamed = true;
      return feed_line(events, text);
    };
    http::ClientRequest request = request_of(line);
    auto answer = client.stream(request, heard);
    if (has_lost_session(answer, request) && begin_anew(session_of(request))) {
      plain.clear();
      request = request_of(std::move(line));
      answer = client.stream(request, heard);
    }
    // A silent stream of a session may be let go: the rest is fetched.
    while (answer.ok() && streamed && !answered && !events.last_id().empty() && !(interrupt && interrupt->fired())) {
      http::ClientRequest rest;
      rest.path = "/mcp";
      rest.headers = {{"Accept", "text/event-stream"}, {"Last-Event-ID", events.last_id()}};
      add_identity(rest);
      answer = client.stream(rest, heard);
      if (answer.ok() && answer->status != 200) break;
    }
    if (interrupt && interrupt->fired()) return;
    if (!answer.ok()) return write(mcp::error_text(message.id, unreachable(answer.error())));
    if (const auto id = answer->header("mcp-session-id")) {
      const std::lock_guard lock(mutex_);
      session_id_ = *id;
    }
    if (!plain.empty()) return write(plain);
    if (answered) return;
    if (streamed && answer->status == 200)
      return write(
          mcp::error_text(message.id, mcp::rpc_error(Error(ErrorCode::kUnreachable, kBrokenOff), mcp::kLatest)));
    const Result<mcp::Message> said = mcp::parse_message(answer->body);
    if (said.ok() && !streamed) return write(answer->body);
    // To the request for the rest, which the client knows nothing of.
    if (said.ok() && said->kind == mcp::Message::Kind::kError) return write(mcp::error_text(message.id, said->error));
    write(mcp::error_text(message.id, mcp::rpc_error(error_of(*answer), mcp::kLatest)));
  }

  // What the session has to say beside its answers. The stream of a session that was lost may be open still.
  void listen() {
    const auto interrupt = std::make_shared<http::Interrupt>();  // shared with the stream's client
    http::ClientRequest request;
    request.path = "/mcp";
    request.headers = {{"Accept", "text/event-stream"}};
    add_identity(request);
    {
      const std::lock_guard lock(mutex_);
      if (std::exchange(listened_to_, session_of(request)) == session_of(request) && listener_) return;
      if (listener_) listener_->fire();
      listener_ = interrupt;
      ++at_work_;
    }
    std::thread([this, interrupt, request = std::move(request)] {
      http::Client client = make_client(interrupt);
      SseReader events(
          [this](const ReceivedEvent& event) {
            if (!event.data.empty()) write(event.data);
            return true;
          },
          kEventBytesMax);
      static_cast<void>(client.stream(request, [&](std::string_view text) { return feed_line(events, text); }));
      const std::lock_guard guard(mutex_);
      if (listener_ == interrupt) listener_.reset();
      --at_work_;
      idle_.notify_all();
    }).detach();
  }

  // The client has closed stdin: nobody waits for an answer any more.
  void interrupt_all() {
    std::string session;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [id, interrupt] : running_) interrupt->fire();
      if (listener_) listener_->fire();
      session = session_id_;
    }
    if (session.empty()) return;
    http::Client client = make_client(nullptr);
    http::ClientRequest request;
    request.method = http::Method::kDelete;
    request.path = "/mcp";
    add_identity(request);
    static_cast<void>(client.send(request));
  }

  void write(std::string_view message) {
    const std::lock_guard lock(out_);
    context_.out << message << '\n' << std::flush;
  }

  Context& context_;
  Session& session_;
  std::string token_;
  std::mutex mutex_, out_;
  std::mutex beginning_;  // a session anew: one request does it, the others wait
  std::condition_variable idle_;
  std::size_t at_work_ = 0;
  std::string session_id_;                                           // of a revision with sessions; empty: none yet
  std::map<std::string, std::shared_ptr<http::Interrupt>> running_;  // by the JSON text of the request's id
  std::set<std::string> listeners_;                                  // of these: what ends with stdin
  std::map<std::string, std::string> remembered_;                    // lines that a session is begun anew with
  std::shared_ptr<http::Interrupt> listener_;                        // of what listens to the session; null: nobody
  std::string listened_to_;                                          // the session that it listens to
};

}  // namespace

int run_mcp(Context& context) {
  const auto session = Session::open(context);
  if (!session.ok()) return fail(context, session.error());
  return Bridge(context, **session).run();
}

}  // namespace lumenflow::cli
