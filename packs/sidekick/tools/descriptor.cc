#include "sidekick/tools/descriptor.h"

namespace lumenflow::sidekick {

std::vector<ToolDescriptor> all_tools() {
  std::vector<ToolDescriptor> tools;
  for (const std::span<const ToolDescriptor> group :
       {task_tools(), memory_tools(), channel_tools(), routine_tools(), system_tools()})
    tools.insert(tools.end(), group.begin(), group.end());
  return tools;
}

}  // namespace lumenflow::sidekick
