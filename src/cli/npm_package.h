// Servers that `npx` would fetch anew each time: fetched once, into the pack, so that what runs is what was pinned.
//
// Runs npm as whoever runs this program, as npx would be.
#pragma once

#include <string>
#include <vector>

#include "lumenflow/result.h"

namespace lumenflow::cli {

// Whether the command is npx of a package.
bool is_npx(const std::vector<std::string>& command);

// Installs the package below `folder`/server, without running its scripts, and returns the command that runs it from
// there. INVALID_INPUT for flags of npx that are not understood, NOT_FOUND without npm or where the package has no
// program, UNREACHABLE when npm fails, which has said why on stderr.
Result<std::vector<std::string>> install_package(const std::vector<std::string>& command, const std::string& folder);

}  // namespace lumenflow::cli
