// From what a server answers to tools/call to the result of a call.
//
// Pure functions.
#pragma once

#include "lumenflow/pack.h"
#include "mcp/rpc_error.h"

namespace lumenflow::mounts {

// INVALID_OUTPUT in a ToolCrash for what is no such result. `structured`: the definition promises structured content.
pack::ToolResult answer_of(json::Value result, bool structured);

// A JSON-RPC error of the server is the tool's own failure.
// Likewise of prompts/get and of resources/read: {messages} and {contents}.
pack::ToolResult content_of(json::Value result, std::string_view entry);
pack::ToolResult answer_of(mcp::RpcError refusal);

}  // namespace lumenflow::mounts
