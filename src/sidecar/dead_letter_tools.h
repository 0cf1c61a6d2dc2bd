// Kernel tools over dead letters, of the uplink and of handlers: to try one again, or to let it go.
#pragma once

#include <vector>

#include "kernel/kernel_tool.h"

namespace lumenflow::sidecar {

Result<std::vector<kernel::KernelTool>> make_dead_letter_tools();

}  // namespace lumenflow::sidecar
