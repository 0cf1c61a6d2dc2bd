// From the text of lumenflow.yaml and the packs of the program to a configuration and a registry: pins are resolved,
// each pack's section is judged by the pack's schema, and packs that lack an approval provider or a surface stay
// inactive.
//
// A pure function of its arguments.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernel/config.h"
#include "lumenflow/pack.h"
#include "pack/registry.h"

namespace lumenflow::kernel {

struct WorkspacePacks {
  std::optional<WorkspaceConfig> config;           // nothing when the file has errors
  std::shared_ptr<const pack::Registry> registry;  // of the pinned packs; never null
  pack::Diagnostics diagnostics;                   // of lumenflow.yaml, then of the packs
};

// `file` is how messages name lumenflow.yaml. The builtin packs are static data.
WorkspacePacks load_workspace_packs(const std::string& file, const std::string& text,
                                    const std::vector<const pack::BuiltinPack*>& builtin_packs);

}  // namespace lumenflow::kernel
