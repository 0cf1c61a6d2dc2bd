// What lumenflow.yaml says of the surface `mcp`.
#pragma once

#include <chrono>

#include "kernel/config.h"

namespace lumenflow::sidecar {

struct McpSettings {
  bool enabled = true;  // unless the file says which surfaces are on and leaves it out, or switches it off
  std::chrono::milliseconds stream_hold{0};  // how long the stream of a call may be silent; 0: for ever
};

// The text has been checked when the configuration was read. Used on the io thread only.
const McpSettings& mcp_settings(const kernel::WorkspaceConfig& config);

}  // namespace lumenflow::sidecar
