// Whether the runtime event types of the packs that are loaded are those that `lumenflow generate` wrote down.
//
// A function of the files. Any thread.
#pragma once

#include <string>

#include "base/files.h"
#include "kernel/workspace_packs.h"

namespace lumenflow::sidecar {

// Where `lumenflow generate` writes in a workspace, and where its lock file is looked for.
inline constexpr std::string_view kCatalogueFolder = "catalogue";

// Adds LF1079 naming the packs, or LF1077, and takes the configuration away: then neither start nor reload goes on. A
// workspace without the lock file is as generated while no active pack declares a type.
void check_catalogue(const Files& files, const std::string& root, kernel::WorkspacePacks& packs);

}  // namespace lumenflow::sidecar
