// What a replay needs of a recorded workspace, put together again: the recorded lumenflow.yaml, the packs that it pins
// as they are here now, and the kernel's tools. No code of a pack is started, and no key is read.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "bus/recording.h"
#include "kernel/replay.h"
#include "lumenflow/pack.h"
#include "lumenflow/result.h"

namespace lumenflow::sidecar {

// `root`: the folder that the configuration's pins are read from. INVALID_CONFIGURATION with the diagnostics where its
// packs cannot be read.
Result<kernel::ReplayOptions> recorded_workspace(Files& files, const std::string& root,
                                                 const std::vector<const pack::BuiltinPack*>& builtin_packs,
                                                 const bus::RecordingHeader& header);

}  // namespace lumenflow::sidecar
