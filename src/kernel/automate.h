// What the workspace itself does at events, beside the automations of packs.
#pragma once

#include <memory>
#include <vector>

#include "kernel/config.h"
#include "pack/automation.h"

namespace lumenflow::kernel {

// With `routines: {auto_run: true}`: a routine that falls due is asked for its plan, whose steps are then called in
// their order, each as a call of its own by `<workspace>:routine:<id>`. Shared with what runs.
std::shared_ptr<const std::vector<pack::Automation>> workspace_automations(const WorkspaceConfig& config);

}  // namespace lumenflow::kernel
