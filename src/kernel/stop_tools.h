// kernel:stop and kernel:resume: an operator's brake, for a tool, a subject or everything.
#pragma once

#include <vector>

#include "kernel/kernel_tool.h"
#include "lumenflow/result.h"

namespace lumenflow::kernel {

Result<std::vector<KernelTool>> make_stop_tools();

}  // namespace lumenflow::kernel
