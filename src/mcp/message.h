// One JSON-RPC 2.0 message as MCP has them (basic/index, "Messages"): never a batch, ids are strings or integers,
// params and results are objects.
//
// Values and pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lumenflow/json.h"
#include "lumenflow/result.h"
#include "mcp/rpc_error.h"

namespace lumenflow::mcp {

struct Message {
  enum class Kind : std::uint8_t { kRequest, kNotification, kResult, kError };
  Kind kind = Kind::kNotification;
  json::Value id;      // a string or an integer; null for a notification, and for an error of what could not be read
  std::string method;  // of requests and notifications
  json::Value params;  // of these, an object
  json::Value result;  // of results, an object
  RpcError error;      // of errors

  // A member of params; null when there is none.
  const json::Value* param(std::string_view key) const { return params.find(key); }
  // A member of params._meta; null when there is none.
  const json::Value* meta(std::string_view key) const;
};

constexpr int kDepthMax = 64;

// MALFORMED_JSON where the text is no JSON, INVALID_REQUEST where it is no message.
Result<Message> parse_message(std::string_view text, int depth_max = kDepthMax);
Result<Message> read_message(json::Value value);
// The id of what is no proper message, for the error that answers it; null where it has none.
json::Value id_of(std::string_view text);

std::string request_text(const json::Value& id, std::string_view method, json::Value params);
std::string notification_text(std::string_view method, json::Value params);
std::string result_text(const json::Value& id, json::Value result);
std::string error_text(const json::Value& id, const RpcError& error);  // a null id is left out

}  // namespace lumenflow::mcp
