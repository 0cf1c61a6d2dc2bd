// A workspace's decision about a device that asked to be paired: it stands in the result of the command that asked.
#pragma once

#include <string>

#include "conductor/context.h"

namespace lumenflow::conductor {

// `done` with a result {scope} accepts: from then on the device's key gets it tokens of this conductor with those
// scopes (POST /v2/tokens/renew), and the workspace's own where one is given. Any other end refuses. Anything else than
// such a command is let pass. `done` is told when what was decided is durable.
struct DeviceReport {
  std::string workspace;
  json::Value command;          // its state
  std::string workspace_token;  // for the device; never log it
};
void decide_device(Context& context, const DeviceReport& report, std::function<void(const Status&)> done);

// Takes the device's own token out of what a workspace says of a command: it is nothing that others may read.
std::string take_workspace_token(json::Value& report);

}  // namespace lumenflow::conductor
