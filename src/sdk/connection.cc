#include "sdk/connection.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace lumenflow::sdk {
namespace {

constexpr std::size_t kDepthMax = 256;  // of a message; what it carries is less deep

json::Object message_to(json::Value id) {
  json::Object message;
  message.set("jsonrpc", "2.0");
  message.set("id", std::move(id));
  return message;
}

json::Object error_of(int json_rpc, std::string_view text, std::string_view code) {
  json::Object error;
  error.set("code", json_rpc);
  error.set("message", text);
  if (!code.empty()) error.set("data", json::Object{{"code", code}});
  return error;
}

Error refusal(const json::Value& error) {
  const json::Value* data = error.find("data");
  const std::string_view code = data == nullptr ? std::string_view() : json::string_or(*data, "code", "");
  std::string message(json::string_or(error, "message", ""));
  if (const auto known = error_code_from_name(code)) return Error(*known, std::move(message));
  return Error(ErrorCode::kInternal, code.empty() ? message : std::string(code) + ": " + message);
}

}  // namespace

Connection::~Connection() {
  ::close(in_);
  ::close(out_);
}

std::optional<Request> Connection::next() {
  while (requests_.empty() && !gone_) read(true);
  if (requests_.empty()) return std::nullopt;
  Request request = std::move(requests_.front());
  requests_.pop_front();
  return request;
}

void Connection::answer(const Request& request, json::Value result) {
  json::Object message = message_to(request.id);
  message.set("result", std::move(result));
  send(std::move(message));
}

void Connection::refuse(const Request& request, int json_rpc, std::string_view text, std::string_view code) {
  json::Object message = message_to(request.id);
  message.set("error", error_of(json_rpc, text, code));
  send(std::move(message));
}

Result<json::Value> Connection::ask(std::string_view method, json::Object params, const std::string& run_id,
                                    const Heard& heard) {
  if (in_heard_) return Error(ErrorCode::kInvalidRequest, "the host is still at the request before: ask it afterwards");
  if (!offers(method)) return Error(ErrorCode::kMethodNotAllowed, "this host does not offer " + std::string(method));
  if (is_cancelled(run_id)) return Error(ErrorCode::kCancelled, "the call was cancelled");
  json::Object message = message_to(++last_id_);
  message.set("method", method);
  message.set("params", std::move(params));
  reply_.reset();
  send(std::move(message));
  struct Hearing {  // also when the taker throws
    Connection& connection;
    ~Hearing() { connection.heard_ = nullptr, connection.in_heard_ = false; }
  } hearing{*this};
  heard_ = heard ? &heard : nullptr;
  while (!reply_ && !gone_) read(true);
  if (!reply_) return Error(ErrorCode::kCancelled, "the host is gone");
  if (const json::Value* error = reply_->find("error")) return refusal(*error);
  json::Value* result = reply_->if_object()->find("result");
  return result == nullptr ? json::Value() : std::move(*result);
}

void Connection::notify(std::string_view method, json::Object params) {
  if (!offers(method)) return;
  json::Object message;
  message.set("jsonrpc", "2.0");
  message.set("method", method);
  message.set("params", std::move(params));
  send(std::move(message));
}

bool Connection::is_cancelled(const std::string& run_id) {
  pollfd readable{in_, POLLIN, 0};
  while (!gone_ && !in_heard_ && ::poll(&readable, 1, 0) > 0) read(false);
  return gone_ || cancelled_.contains(run_id);
}

void Connection::read(bool wait) {
  std::array<char, 65536> chunk;
  const ssize_t size = ::read(in_, chunk.data(), chunk.size());
  if (size < 0 && errno == EINTR && wait) return;
  if (size <= 0) {
    gone_ = true;
    return;
  }
  rest_.append(chunk.data(), static_cast<std::size_t>(size));
  std::size_t begin = 0;
  for (std::size_t end; (end = rest_.find('\n', begin)) != std::string::npos; begin = end + 1)
    take(std::string_view(rest_).substr(begin, end - begin));
  rest_.erase(0, begin);
}

void Connection::take(std::string_view line) {
  Result<json::Value> parsed = json::parse(line, {.depth_max = kDepthMax});
  if (!parsed.ok() || !parsed->is_object()) {
    const int code = parsed.ok() ? -32600 : -32700;
    refuse({}, code, parsed.ok() ? "no object" : parsed.error().message(),
           parsed.ok() ? "INVALID_REQUEST" : "MALFORMED_JSON");
    return;
  }
  json::Value message = *std::move(parsed);
  const json::Value* id = message.find("id");
  const json::Value* method = message.find("method");
  if (method == nullptr || !method->is_string()) {
    if (id != nullptr && *id == json::Value(last_id_)) reply_ = std::move(message);
    return;
  }
  const json::Value* params = message.find("params");
  const json::Value given = params != nullptr && params->is_object() ? *params : json::Value(json::Object{});
  if (id != nullptr) {
    requests_.push_back({*id, method->as_string(), given});
  } else if (method->as_string() == "process/output") {
    if (program_line_) program_line_(given);
  } else if (method->as_string() == "call/cancel") {
    for (const json::Member& member : given.as_object())
      if (const std::string* run_id = member.value.if_string()) cancelled_.insert(*run_id);
  } else if (heard_ != nullptr) {
    in_heard_ = true;
    (*heard_)(method->as_string(), given);
    in_heard_ = false;
  }
}

void Connection::send(json::Object message) {
  std::string text = json::serialize(json::Value(std::move(message)));
  text += '\n';
  for (std::string_view left = text; !left.empty() && !gone_;) {
    const ssize_t written = ::write(out_, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0)
      gone_ = true;  // and so is whoever this was for
    else
      left.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace lumenflow::sdk
