// kernel:enroll and kernel:unenroll: the workspace's enrollment with a conductor, installed and given up.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "kernel/kernel_tool.h"

namespace lumenflow::sidecar {

// Borrows Files. `folder` is where the enrollment is kept. A sidecar that runs takes up what they change.
Result<std::vector<kernel::KernelTool>> make_enrollment_tools(Files& files, const std::string& folder,
                                                              const std::string& workspace_id);

}  // namespace lumenflow::sidecar
