// kernel:task_create and its like: changes of tasks (03-dispatch, Tasks) as tools on the one path.
#pragma once

#include <vector>

#include "kernel/kernel_tool.h"

namespace lumenflow::kernel {

// `kernel:task_<change>`, each answering {task}. From HTTP too, with the scope tools:write.
Result<std::vector<KernelTool>> make_task_tools();

}  // namespace lumenflow::kernel
