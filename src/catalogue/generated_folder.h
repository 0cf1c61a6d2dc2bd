// The folder that holds what `lumenflow generate` writes.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "catalogue/generator.h"
#include "lumenflow/result.h"

namespace lumenflow::catalogue {

// Of one generated file.
inline constexpr std::uint64_t kGeneratedBytesMax = 256u << 20;

// Writes those files that are not there as they should be, each atomically and side by side, while others are still
// being put together; the lock file when all others are there, for it says that they are. The paths of those that were
// written, in byte order, the lock file's last. IO_ERROR: some of the others may have been written, the lock file has
// not.
Result<std::vector<std::string>> write_generated(Files& to, const std::string& folder, const Catalogue& catalogue,
                                                 const Lock* before);

// What write_generated would change, in words; empty where everything is as it should be.
std::string differences(const Files& there, const std::string& folder, const Catalogue& catalogue, const Lock* before);

}  // namespace lumenflow::catalogue
