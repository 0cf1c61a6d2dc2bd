// Stage 5: what the workspace's rules say of a call. Pure; thread safe because stateless.
#pragma once

#include <string>

#include "kernel/config.h"
#include "pack/manifest.h"

namespace lumenflow::kernel {

struct PolicyVerdict {
  Decision decision = Decision::kDeny;
  std::string decided_by;  // the rule, or the default and where it comes from
};

// No rule matched: the default decision, which in production denies write and admin tools.
PolicyVerdict decide_by_default(const WorkspaceConfig& config, pack::Permission permission);
std::string_view name(Decision decision);  // allow, deny, approval_required

}  // namespace lumenflow::kernel
