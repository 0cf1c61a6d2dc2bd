// One message of the Model Context Protocol: JSON-RPC 2.0, as a server says it and as a client writes it.
//
// Values and pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::mounts {

struct Refusal {  // of a request, by the server
  std::int64_t code = 0;
  std::string message;
  json::Value data;
};

struct Message {
  enum class Kind : std::uint8_t { kRequest, kNotification, kResult, kRefusal };
  Kind kind = Kind::kNotification;
  json::Value id;      // an integer or a string; null: a notification, or a refusal of what could not be read
  std::string method;  // of requests and notifications
  json::Value body;    // params, or result: an object
  Refusal refusal;
};

inline constexpr std::int64_t kMethodNotFound = -32601;

// INVALID_REQUEST naming what is wrong, MALFORMED_JSON where it is none. Members that JSON-RPC does not know are let
// pass: servers in the wild have them.
Result<Message> read_message(std::string_view text);

// Each without a line break in it or behind it.
std::string request_text(std::int64_t id, std::string_view method, const json::Value& params);
std::string notification_text(std::string_view method, const json::Value& params);
std::string result_text(const json::Value& id, const json::Value& result);
std::string refusal_text(const json::Value& id, std::int64_t code, std::string_view message);

}  // namespace lumenflow::mounts
