// Kernel tools over the uplink's dead letters: to send one again, or to let it go.
#pragma once

#include <vector>

#include "kernel/kernel_tool.h"

namespace lumenflow::sidecar {

Result<std::vector<kernel::KernelTool>> make_outbox_tools();

}  // namespace lumenflow::sidecar
