#include "mcp/message.h"

#include <utility>

namespace lumenflow::mcp {
namespace {

Error invalid(std::string what) { return {ErrorCode::kInvalidRequest, std::move(what)}; }

bool is_id(const json::Value& id) { return id.if_string() != nullptr || id.if_integer() != nullptr; }

Status read_error(const json::Value& error, Message& message) {
  const json::Value* const code = error.find("code");
  if (!error.is_object() || code == nullptr || code->if_integer() == nullptr || error.find("message") == nullptr ||
      !error.find("message")->is_string())
    return invalid("'error' needs an integer 'code' and a 'message'");
  message.kind = Message::Kind::kError;
  message.error.code = *code->if_integer();
  message.error.message = error.find("message")->as_string();
  if (const json::Value* const data = error.find("data")) message.error.data = *data;
  return {};
}

Status read_answer(json::Object& members, Message& message) {
  json::Value* const result = members.find("result");
  const json::Value* const error = members.find("error");
  if ((result == nullptr) == (error == nullptr)) return invalid("a response has either 'result' or 'error'");
  if (error != nullptr) return read_error(*error, message);
  if (!is_id(message.id)) return invalid("a result needs the 'id' of its request");
  if (!result->is_object()) return invalid("'result' must be an object");
  message.kind = Message::Kind::kResult;
  message.result = std::move(*result);
  return {};
}

std::string text_of(const json::Value& id, std::string_view key, json::Value value) {
  json::Object message{{"jsonrpc", "2.0"}};
  if (!id.is_null()) message.set("id", id);
  message.set(std::string(key), std::move(value));
  return json::serialize(json::Value(std::move(message)));
}

}  // namespace

const json::Value* Message::meta(std::string_view key) const {
  const json::Value* const meta = params.is_object() ? params.find("_meta") : nullptr;
  return meta != nullptr && meta->is_object() ? meta->find(key) : nullptr;
}

Result<Message> parse_message(std::string_view text, int depth_max) {
  LUMENFLOW_TRY_ASSIGN(json::Value value, json::parse(text, {.depth_max = static_cast<std::size_t>(depth_max)}));
  return read_message(std::move(value));
}

Result<Message> read_message(json::Value value) {
  if (value.is_array()) return invalid("batches are not part of MCP; send one message at a time");
  if (!value.is_object()) return invalid("a message is a JSON object");
  json::Object& members = value.as_object();
  if (json::string_or(value, "jsonrpc", "") != "2.0") return invalid("'jsonrpc' must be \"2.0\"");
  Message message;
  message.params = json::Object{};
  if (json::Value* const id = members.find("id")) message.id = std::move(*id);
  const json::Value* const method = members.find("method");
  if (method == nullptr) {
    LUMENFLOW_TRY(read_answer(members, message));
    return message;
  }
  if (!method->is_string() || method->as_string().empty()) return invalid("'method' must be a non-empty string");
  if (members.find("id") != nullptr && !is_id(message.id)) return invalid("'id' must be a string or an integer");
  message.kind = message.id.is_null() ? Message::Kind::kNotification : Message::Kind::kRequest;
  message.method = method->as_string();
  if (json::Value* const params = members.find("params")) {
    if (!params->is_object()) return invalid("'params' must be an object");
    const json::Value* const meta = params->find("_meta");
    if (meta != nullptr && !meta->is_object()) return invalid("'params._meta' must be an object");
    message.params = std::move(*params);
  }
  return message;
}

json::Value id_of(std::string_view text) {
  const Result<json::Value> value = json::parse(text, {.depth_max = kDepthMax});
  if (!value.ok() || !value->is_object()) return {};
  const json::Value* const id = value->find("id");
  return id != nullptr && is_id(*id) ? *id : json::Value();
}

std::string request_text(const json::Value& id, std::string_view method, json::Value params) {
  return json::serialize(
      json::Object{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", std::move(params)}});
}

std::string notification_text(std::string_view method, json::Value params) {
  json::Object message{{"jsonrpc", "2.0"}, {"method", method}};
  if (params.is_object() && !params.as_object().empty()) message.set("params", std::move(params));
  return json::serialize(json::Value(std::move(message)));
}

std::string result_text(const json::Value& id, json::Value result) { return text_of(id, "result", std::move(result)); }

std::string error_text(const json::Value& id, const RpcError& error) {
  json::Object body{{"code", error.code}, {"message", error.message}};
  if (!error.data.is_null()) body.set("data", error.data);
  return text_of(id, "error", std::move(body));
}

}  // namespace lumenflow::mcp
