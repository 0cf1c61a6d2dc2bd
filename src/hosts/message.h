// One line of the pack protocol (docs/pack-protocol.md): a JSON-RPC 2.0 message, read strictly and written.
//
// Values and pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::hosts {

constexpr int kMethodNotFound = -32601;

struct Message {
  enum class Kind : std::uint8_t { kRequest, kNotification, kAnswer, kRefusal };
  Kind kind = Kind::kNotification;
  json::Value id;      // an integer or a string; null: a notification, or a refusal of what could not be read
  std::string method;  // of requests and notifications
  json::Value body;    // params, or result: an object
  struct Refusal {
    std::int64_t json_rpc = 0;
    std::string message;
    std::string code;  // data.code; empty: none
    json::Value details;
  } refusal;
};

// INVALID_REQUEST naming what is wrong with the line, MALFORMED_JSON where it is none.
Result<Message> parse_message(std::string_view line);

// Each is one line with its newline.
std::string request_line(std::int64_t id, std::string_view method, const json::Value& params);
std::string notification_line(std::string_view method, const json::Value& params);
std::string answer_line(const json::Value& id, const json::Value& result);
std::string refusal_line(const json::Value& id, const Error& error);
std::string method_not_found_line(const json::Value& id, std::string_view method);

}  // namespace lumenflow::hosts
