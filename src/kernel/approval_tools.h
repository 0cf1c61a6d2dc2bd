// The kernel tools that decide on parked calls: `kernel:approve` and `kernel:deny`.
#pragma once

#include <vector>

#include "kernel/kernel_tool.h"
#include "lumenflow/result.h"

namespace lumenflow::kernel {

// INVALID_CONFIGURATION when a schema of ours is wrong, which a test would have found.
Result<std::vector<KernelTool>> make_approval_tools();

}  // namespace lumenflow::kernel
