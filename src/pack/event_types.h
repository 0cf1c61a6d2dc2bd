// The runtime event types of packs: from manifests to what the catalogue is made of, and its faults as diagnostics.
//
// Functions of the files. Any thread.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "catalogue/plan.h"
#include "pack/diagnostic.h"
#include "pack/manifest.h"

namespace lumenflow::pack {

void add_faults(const catalogue::Faults& faults, Diagnostics& diagnostics);

// Every pack in the folders below `root`, three levels down, sorted by their paths in byte order; a pack's own folders
// are not looked into. What is wrong with the manifests is in `diagnostics`, their event types' faults too, and so is
// an event manifest in a folder that has no manifest.
Result<std::vector<catalogue::PackInput>> find_event_packs(const Files& files, const std::string& root,
                                                           Diagnostics& diagnostics);

// Of the packs that have been read, in any order: the catalogue that they make together with the program's core.
catalogue::Catalogue catalogue_of(const std::vector<const Manifest*>& manifests);

}  // namespace lumenflow::pack
