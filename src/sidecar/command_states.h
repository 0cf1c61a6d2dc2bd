// What became of commands from the conductor, read from the journal for whoever says it there.
//
// Thread safe: reads what is durable.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "conductor_link/errands.h"
#include "journal/reader.h"
#include "log/log.h"
#include "sidecar/keys.h"

namespace lumenflow::sidecar {

// Of those that the conductor does not know the end of, behind `after`. A device that was paired is given its token
// here: the journal holds what it says, and not the token.
Result<std::vector<conductor_link::CommandState>> read_command_states(const log::Log& log,
                                                                      const journal::Reader& reader,
                                                                      const WorkspaceKeys& keys,
                                                                      const std::string& workspace_id,
                                                                      std::uint64_t after, std::size_t limit);

}  // namespace lumenflow::sidecar
