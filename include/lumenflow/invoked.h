// What became of a call that a pack has made of another tool.
//
// A value: owns what it holds.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "lumenflow/json.h"

namespace lumenflow::pack {

struct Invoked {
  std::string outcome;     // success, failure, denied, pending, cancelled, stopped, timeout, crashed or unknown
  std::string receipt_id;  // of the call in the journal; empty: it was refused without a record of its own
  json::Value data;        // of a success
  json::Array content;     // likewise; MCP content parts, often none
  std::string code;        // of what is no success: lumenflow's, or the tool's own
  std::string message;
  json::Value details;      // null: none
  std::string approval_id;  // pending: what somebody has to approve before the call goes on

  bool ok() const { return outcome == "success"; }
  bool parked() const { return !approval_id.empty(); }
};

// Of a Result as JSON: all but the outcome, which it does not say where it is no success.
inline Invoked read_result(const json::Value& result) {
  Invoked read;
  if (json::boolean_or(result, "success", false)) read.outcome = "success";
  if (const json::Value* data = result.find("data")) read.data = *data;
  if (const json::Value* content = result.find("content"); content != nullptr && content->is_array())
    read.content = content->as_array();
  if (const json::Value* error = result.find("error")) {
    read.code = json::string_or(*error, "code", "");
    read.message = json::string_or(*error, "message", "");
    if (const json::Value* details = error->find("details")) read.details = *details;
  }
  if (const json::Value* metadata = result.find("metadata"))
    read.receipt_id = json::string_or(*metadata, "receipt_id", "");
  read.approval_id = json::string_or(result, "approval_id", "");
  if (read.parked()) read.outcome = "pending";
  return read;
}

}  // namespace lumenflow::pack
