// kernel:operator_accept, kernel:operator_repin: another operator key instead of the pinned one.
#pragma once

#include <vector>

#include "kernel/kernel_tool.h"
#include "lumenflow/result.h"

namespace lumenflow::kernel {

Result<std::vector<KernelTool>> make_operator_tools();

}  // namespace lumenflow::kernel
