// What a tool is called by an MCP client, and what its permission says there.
#pragma once

#include <string>
#include <string_view>

#include "lumenflow/json.h"

namespace lumenflow::mcp {

// Its own `mcp_name`, or the canonical name with every ':' as "__": `task:create` is `task__create`.
std::string tool_name(std::string_view canonical, std::string_view mcp_name);

// What `annotations` says (server/tools): a tool that only reads changes nothing; one that does not may destroy
// something unless it is known to be harmless; `idempotent` is what the manifest says.
struct ToolHints {
  bool reads_only = false;
  bool may_destroy = true;
  bool idempotent = false;
  bool open_world = false;  // it reaches hosts outside
};
json::Value annotations(const ToolHints& hints, std::string_view title);

}  // namespace lumenflow::mcp
