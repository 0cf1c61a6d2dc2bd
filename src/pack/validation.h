// What is wrong with one pack, judged beside the packs that the program brings along: `lumenflow pack validate`.
//
// Pure functions of the files.
#pragma once

#include <string>
#include <vector>

#include "lumenflow/pack.h"
#include "pack/diagnostic.h"
#include "pack/manifest.h"

namespace lumenflow::pack {

// Every fault of a pack's files by themselves, sorted by place; its code is not looked at. A builtin pack of the same
// id is the same pack and collides with nothing.
Diagnostics validate_files(const PackFiles& files, const std::string& display_path,
                           const std::vector<const BuiltinPack*>& builtin_packs);

// Every fault of one of `builtin_packs`, its code included (LF1031, LF1033).
Diagnostics validate_builtin(const BuiltinPack& pack, const std::vector<const BuiltinPack*>& builtin_packs);

}  // namespace lumenflow::pack
