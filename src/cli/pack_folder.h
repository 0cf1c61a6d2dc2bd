// Where a pack that was named on the command line lies.
#pragma once

#include <string>

#include "cli/context.h"

namespace lumenflow::cli {

// `folder` as it was written ("packs/acme/", "packs/acme/manifest.yaml"), or the folder of the pack with this id: the
// workspace's pins, then its packs/ (here, where there is no workspace). NOT_FOUND with the nearest name.
Result<std::string> pack_folder(const Context& context, const std::string& id, const std::string& folder);

}  // namespace lumenflow::cli
