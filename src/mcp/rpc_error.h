// A JSON-RPC error as MCP has them, made from an Error by the table of codes (lumenflow/error_code.h).
//
// Values and pure functions.
#pragma once

#include <cstdint>
#include <string>

#include "lumenflow/json.h"
#include "lumenflow/result.h"
#include "mcp/revision.h"

namespace lumenflow::mcp {

constexpr int kParseError = -32700, kInvalidRequest = -32600, kMethodNotFound = -32601, kInvalidParams = -32602,
              kInternalError = -32603;
constexpr int kResourceNotFound = -32002;  // until 2025-11-25; since then it is kInvalidParams
constexpr int kHeaderMismatch = -32020, kMissingClientCapability = -32021, kUnsupportedProtocolVersion = -32022;

struct RpcError {
  std::int64_t code = kInternalError;
  std::string message;
  json::Value data;  // null: none
};

// `data` is {code: the table's name, details?}. What a revision does not know by its own code is kInvalidParams there.
RpcError rpc_error(const Error& error, Revision revision);

// Of a version that nobody here speaks: names those that are.
RpcError unsupported_version(const std::string& requested);

}  // namespace lumenflow::mcp
