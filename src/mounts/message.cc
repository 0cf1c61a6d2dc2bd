#include "mounts/message.h"

#include <utility>

namespace lumenflow::mounts {
namespace {

constexpr std::size_t kMessageDepthMax = 256;
constexpr std::size_t kIdBytesMax = 256;
constexpr std::size_t kMethodBytesMax = 128;

Error fault(std::string what) { return {ErrorCode::kInvalidRequest, std::move(what)}; }

bool is_id(const json::Value& id) {
  if (const std::string* text = id.if_string()) return text->size() <= kIdBytesMax;
  return id.if_integer() != nullptr;
}

Result<Message> read_asking(json::Object& frame) {
  Message message;
  const std::string* const method = frame.find("method")->if_string();
  if (method == nullptr || method->empty() || method->size() > kMethodBytesMax)
    return fault("method is not a string of 1 to 128 bytes");
  message.method = *method;
  if (const json::Value* id = frame.find("id")) {
    if (!is_id(*id)) return fault("id is neither an integer nor a short string");
    message.kind = Message::Kind::kRequest;
    message.id = *id;
  }
  json::Value* const params = frame.find("params");
  if (params != nullptr && !params->is_object()) return fault("params is no object");
  message.body = params == nullptr ? json::Value(json::Object{}) : std::move(*params);
  return message;
}

Result<Refusal> read_refusal(json::Value& error) {
  if (!error.is_object()) return fault("error is no object");
  const json::Value* const code = error.find("code");
  if (code == nullptr || code->if_integer() == nullptr) return fault("error.code is no integer");
  Refusal refusal{code->as_integer(), std::string(json::string_or(error, "message", "")), {}};
  if (json::Value* data = error.as_object().find("data")) refusal.data = std::move(*data);
  return refusal;
}

Result<Message> read_answering(json::Object& frame) {
  Message message;
  const json::Value* const id = frame.find("id");
  json::Value* const result = frame.find("result");
  json::Value* const error = frame.find("error");
  if ((result == nullptr) == (error == nullptr)) return fault("neither method, nor result or error alone");
  if (id != nullptr) message.id = *id;
  if (result != nullptr ? !is_id(message.id) : !(message.id.is_null() || is_id(message.id)))
    return fault("an answer without its id");
  if (result != nullptr) {
    if (!result->is_object()) return fault("result is no object");
    message.kind = Message::Kind::kResult;
    message.body = std::move(*result);
  } else {
    message.kind = Message::Kind::kRefusal;
    LUMENFLOW_TRY_ASSIGN(message.refusal, read_refusal(*error));
  }
  return message;
}

std::string text_of(const json::Value& id, std::string_view key, const json::Value& body, std::string_view method) {
  std::string out(R"({"jsonrpc":"2.0")");
  if (!id.is_null()) {
    out += R"(,"id":)";
    json::serialize_to(id, out);
  }
  if (!method.empty()) {
    out += R"(,"method":)";
    json::serialize_to(json::Value(method), out);
  }
  out.append(R"(,")").append(key).append(R"(":)");
  json::serialize_to(body, out);
  return out += '}';
}

}  // namespace

Result<Message> read_message(std::string_view text) {
  LUMENFLOW_TRY_ASSIGN(json::Value value, json::parse(text, {.depth_max = kMessageDepthMax}));
  json::Object* const frame = value.if_object();
  if (frame == nullptr) return fault("a message is one JSON object");
  if (json::string_or(value, "jsonrpc", "") != "2.0") return fault("jsonrpc is not \"2.0\"");
  return frame->contains("method") ? read_asking(*frame) : read_answering(*frame);
}

std::string request_text(std::int64_t id, std::string_view method, const json::Value& params) {
  return text_of(id, "params", params, method);
}

std::string notification_text(std::string_view method, const json::Value& params) {
  return text_of({}, "params", params, method);
}

std::string result_text(const json::Value& id, const json::Value& result) { return text_of(id, "result", result, {}); }

std::string refusal_text(const json::Value& id, std::int64_t code, std::string_view message) {
  return text_of(id, "error", json::Object{{"code", code}, {"message", message}}, {});
}

}  // namespace lumenflow::mounts
