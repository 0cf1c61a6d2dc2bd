// Disk over the real file system.
#pragma once

#include <memory>
#include <string>

#include "sidekick/storage/disk.h"

namespace lumenflow::sidekick {

// `root` is the real path of the workspace. NOT_FOUND when it is not there.
Result<std::unique_ptr<Disk>> open_posix_disk(const std::string& root);

}  // namespace lumenflow::sidekick
