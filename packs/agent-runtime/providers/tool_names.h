// Tools' names as the wire formats allow them, `^[A-Za-z0-9_-]{1,64}$`, and back: no two tools share one.
//
// `wu:claim` is `wu__claim`: a namespace has no `_`, so the first one marks where it ends. What does not fit becomes
// `t_` and a hash, the same in every request. Immutable.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent-runtime/provider.h"

namespace lumenflow::agent_runtime {

std::string wire_name(std::string_view tool);
// The one tool whose name this could be on the wire; empty: it is none, or one that was hashed.
std::string tool_of_wire(std::string_view wire);

class ToolNames {
 public:
  explicit ToolNames(const std::vector<OfferedTool>& tools);
  // What the model meant; its own word when it is none of the tools.
  std::string tool(const std::string& wire) const;

 private:
  std::map<std::string, std::string> tools_;
};

}  // namespace lumenflow::agent_runtime
