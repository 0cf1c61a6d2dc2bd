// A workspace's decision about a device that asked to be paired: it stands in the result of the command that asked.
#pragma once

#include <string>

#include "conductor/context.h"

namespace lumenflow::conductor {

// `done` with a result {scope, token?} accepts: the device gets a token of this conductor with those scopes, and the
// workspace's own where one is given. Any other end refuses. Anything else than such a command is let pass.
void decide_device(Context& context, const std::string& workspace, const json::Value& command_state, int tries = 0);

}  // namespace lumenflow::conductor
