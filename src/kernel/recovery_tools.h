// kernel:confirm: a person's consent to what a recovery proposes.
#pragma once

#include <vector>

#include "kernel/kernel_tool.h"
#include "lumenflow/result.h"

namespace lumenflow::kernel {

Result<std::vector<KernelTool>> make_recovery_tools();

}  // namespace lumenflow::kernel
