// From the text of lumenflow.yaml and the packs of the program to a configuration and a registry: pins are resolved,
// each pack's section is judged by the pack's schema, and packs that lack an approval provider or a surface stay
// inactive. Packs that are no builtins come through a port; without one they are refused.
//
// Functions of their arguments and of what the sources find. Any thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernel/config.h"
#include "lumenflow/pack.h"
#include "pack/registry.h"
#include "pack/sources.h"

namespace lumenflow::kernel {

struct WorkspacePacks {
  std::optional<WorkspaceConfig> config;           // nothing when the file has errors
  std::shared_ptr<const pack::Registry> registry;  // of the pinned packs; never null
  pack::Diagnostics diagnostics;                   // of lumenflow.yaml, then of the packs
};

// As pack::CodeLoader, for the workspace of this configuration.
using LoadCode = std::function<Status(const WorkspaceConfig& config, const pack::Manifest& manifest,
                                      const std::string& folder, pack::Registration& registration)>;

struct PackPorts {
  std::vector<const pack::BuiltinPack*> builtin_packs;  // static data
  pack::PackSources* sources = nullptr;                 // borrowed; null: no pack but builtins
  LoadCode load_code = {};                              // empty: code of processes is not started, only judged
  const pack::Registry* before = nullptr;               // borrowed; what stays the same keeps its code
};

// `file` is how messages name lumenflow.yaml. A pack that cannot be loaded is refused and the others are there; a file
// with faults of its own has no config.
WorkspacePacks load_workspace_packs(const std::string& file, const std::string& text, const PackPorts& ports);
inline WorkspacePacks load_workspace_packs(const std::string& file, const std::string& text,
                                           const std::vector<const pack::BuiltinPack*>& builtin_packs) {
  return load_workspace_packs(file, text, PackPorts{builtin_packs});
}

}  // namespace lumenflow::kernel
