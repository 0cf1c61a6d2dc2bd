// What of a well-formed lumenflow.yaml this version does not act on (LF2013, a warning), and what its rules say that
// cannot be meant (config_rules.h).
#pragma once

#include <string>

#include "kernel/config.h"
#include "pack/diagnostic.h"
#include "pack/registry.h"

namespace lumenflow::kernel {

// `text` is what `config` was parsed from; `registry` are the packs it pins.
void report_without_effect(const std::string& file, const std::string& text, const WorkspaceConfig& config,
                           const pack::Registry& registry, pack::Diagnostics& diagnostics);

}  // namespace lumenflow::kernel
