// What well-formed rules say that cannot be meant: about tools, packs and lanes that are not there (LF2014), for
// approvals that nobody gives (LF2015), and on what never happens in this version (LF2013). Private to
// config_effect.cc.
#pragma once

#include "kernel/config.h"
#include "pack/fields.h"
#include "pack/registry.h"

namespace lumenflow::kernel {

// Of the workspace and of its lanes.
void check_rules(const WorkspaceConfig& config, const pack::Registry& registry, pack::Report& report);

}  // namespace lumenflow::kernel
