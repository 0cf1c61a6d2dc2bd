// kernel:task_create and its like: changes of tasks (03-dispatch, Tasks) as tools on the one path.
#pragma once

#include <vector>

#include "kernel/kernel_tool.h"

namespace lumenflow::kernel {

// `kernel:task_<change>` and `kernel:task_show`, each answering {task}, and `kernel:task_list`. Also from HTTP and
// within calls of packs, with the scopes tools:write and tools:read.
Result<std::vector<KernelTool>> make_task_tools();

}  // namespace lumenflow::kernel
