// kernel:reload: lumenflow.yaml and the packs as they are on disk now, taken up by a running sidecar.
#pragma once

#include <functional>
#include <memory>

#include "kernel/kernel_tool.h"
#include "kernel/reload.h"
#include "pack/diagnostic.h"

namespace lumenflow::sidecar {

// What was read and judged off the strand.
struct PreparedReload {
  std::shared_ptr<kernel::Reloaded> reloaded;  // shared: null when there are faults
  pack::Diagnostics diagnostics;
  std::vector<std::string> needs_restart;  // keys of lumenflow.yaml that changed and are read at the start alone
};

// `prepare` runs on an executor thread, never twice at once.
Result<kernel::KernelTool> make_reload_tool(std::function<Result<PreparedReload>()> prepare);

// Keys that differ between the two and count from the next start on.
std::vector<std::string> keys_read_at_start(const kernel::WorkspaceConfig& before, const kernel::WorkspaceConfig& now);

}  // namespace lumenflow::sidecar
