#include "hosts/message.h"

#include <initializer_list>
#include <optional>
#include <utility>

namespace lumenflow::hosts {
namespace {

constexpr std::size_t kMessageDepthMax = 256;
constexpr std::size_t kIdBytesMax = 128;
constexpr std::size_t kMethodBytesMax = 64;
constexpr std::size_t kCodeBytesMax = 64;

Error fault(std::string what) { return {ErrorCode::kInvalidRequest, std::move(what)}; }

Status only(const json::Object& object, std::initializer_list<std::string_view> known, std::string_view where) {
  for (const json::Member& member : object) {
    bool found = false;
    for (const std::string_view key : known) found = found || member.key == key;
    if (!found) return fault(std::string(where) + " has a member '" + member.key.substr(0, 64) + "'");
  }
  return {};
}

bool is_id(const json::Value& id) {
  if (const std::string* text = id.if_string()) return text->size() <= kIdBytesMax;
  return id.if_integer() != nullptr;
}

bool is_code(std::string_view code) {
  if (code.empty() || code.size() > kCodeBytesMax || code[0] < 'A' || code[0] > 'Z') return false;
  for (const char c : code)
    if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')) return false;
  return true;
}

Result<Message::Refusal> read_refusal(const json::Value& error) {
  if (!error.is_object()) return fault("error is no object");
  LUMENFLOW_TRY(only(error.as_object(), {"code", "message", "data"}, "error"));
  const json::Value* const code = error.find("code");
  const json::Value* const message = error.find("message");
  if (code == nullptr || code->if_integer() == nullptr) return fault("error.code is no integer");
  if (message == nullptr || !message->is_string()) return fault("error.message is no string");
  Message::Refusal refusal{code->as_integer(), message->as_string(), {}, {}};
  const json::Value* const data = error.find("data");
  if (data == nullptr) return refusal;
  if (!data->is_object()) return fault("error.data is no object");
  LUMENFLOW_TRY(only(data->as_object(), {"code", "details"}, "error.data"));
  refusal.code = json::string_or(*data, "code", "");
  if (!is_code(refusal.code)) return fault("error.data.code is no code");
  if (const json::Value* details = data->find("details")) refusal.details = *details;
  return refusal;
}

// A message that asks: a request, or without an id a notification.
Result<Message> read_asking(json::Object& frame) {
  LUMENFLOW_TRY(only(frame, {"jsonrpc", "id", "method", "params"}, "a request"));
  Message message;
  const json::Value& method = *frame.find("method");
  if (!method.is_string() || method.as_string().empty() || method.as_string().size() > kMethodBytesMax)
    return fault("method is not a string of 1 to 64 bytes");
  message.method = method.as_string();
  if (const json::Value* id = frame.find("id")) {
    if (!is_id(*id)) return fault("id is neither an integer nor a string of at most 128 bytes");
    message.kind = Message::Kind::kRequest;
    message.id = *id;
  }
  json::Value* const params = frame.find("params");
  if (params != nullptr && !params->is_object()) return fault("params is no object");
  message.body = params == nullptr ? json::Value(json::Object{}) : std::move(*params);
  return message;
}

Result<Message> read_answering(json::Object& frame) {
  LUMENFLOW_TRY(only(frame, {"jsonrpc", "id", "result", "error"}, "an answer"));
  Message message;
  const json::Value* const id = frame.find("id");
  json::Value* const result = frame.find("result");
  const json::Value* const error = frame.find("error");
  if ((result == nullptr) == (error == nullptr)) return fault("neither method, nor result or error alone");
  if (id == nullptr || !(is_id(*id) || (error != nullptr && id->is_null()))) return fault("an answer without its id");
  message.id = *id;
  if (result != nullptr) {
    if (!result->is_object()) return fault("result is no object");
    message.kind = Message::Kind::kAnswer;
    message.body = std::move(*result);
  } else {
    message.kind = Message::Kind::kRefusal;
    LUMENFLOW_TRY_ASSIGN(message.refusal, read_refusal(*error));
  }
  return message;
}

std::string line_of(std::string_view head, std::string_view key, const json::Value& body) {
  std::string out(R"({"jsonrpc":"2.0")");
  out.append(head).append(key);
  json::serialize_to(body, out);
  return out += "}\n";
}

std::string head_of(const json::Value& id) { return R"(,"id":)" + json::serialize(id); }

std::string method_member(std::string_view method) { return R"(,"method":)" + json::serialize(json::Value(method)); }

std::string refusal_line(const json::Value& id, int json_rpc, const std::string& message, std::string_view code,
                         const json::Value& details) {
  json::Object data{{"code", code}};
  if (!details.is_null()) data.set("details", details);
  return line_of(head_of(id), R"(,"error":)",
                 json::Object{{"code", json_rpc}, {"message", message}, {"data", std::move(data)}});
}

}  // namespace

Result<Message> parse_message(std::string_view line) {
  LUMENFLOW_TRY_ASSIGN(json::Value value, json::parse(line, {.depth_max = kMessageDepthMax}));
  json::Object* const frame = value.if_object();
  if (frame == nullptr) return fault("a message is one JSON object");
  if (json::string_or(value, "jsonrpc", "") != "2.0") return fault("jsonrpc is not \"2.0\"");
  return frame->contains("method") ? read_asking(*frame) : read_answering(*frame);
}

std::string request_line(std::int64_t id, std::string_view method, const json::Value& params) {
  return line_of(head_of(id) + method_member(method), R"(,"params":)", params);
}

std::string notification_line(std::string_view method, const json::Value& params) {
  return line_of(method_member(method), R"(,"params":)", params);
}

std::string answer_line(const json::Value& id, const json::Value& result) {
  return line_of(head_of(id), R"(,"result":)", result);
}

std::string refusal_line(const json::Value& id, const Error& error) {
  json::Array details;
  for (const ErrorDetail& detail : error.details())
    details.push_back(json::Object{{"pointer", detail.pointer}, {"reason", detail.reason}});
  return refusal_line(id, info(error.code()).json_rpc, error.message(), name(error.code()),
                      details.empty() ? json::Value() : json::Value(std::move(details)));
}

std::string method_not_found_line(const json::Value& id, std::string_view method) {
  return refusal_line(id, kMethodNotFound, "this host does not offer " + std::string(method), "METHOD_NOT_ALLOWED", {});
}

}  // namespace lumenflow::hosts
