// What of a well-formed lumenflow.yaml this version does not act on. Rules that would go unevaluated are an error, for
// who wrote them relies on them (LF2012); anything else that does nothing yet is a warning (LF2013).
#pragma once

#include <set>
#include <string>

#include "kernel/config.h"
#include "pack/diagnostic.h"

namespace lumenflow::kernel {

// `text` is what `config` was parsed from; `sections` are the root keys that active packs read.
void report_without_effect(const std::string& file, const std::string& text, const WorkspaceConfig& config,
                           const std::set<std::string>& sections, pack::Diagnostics& diagnostics);

}  // namespace lumenflow::kernel
