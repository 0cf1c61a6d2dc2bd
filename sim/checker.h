// What has to hold of a workspace and of what the conductor has of it, whatever happened to both.
#pragma once

#include <map>
#include <string>

#include "conductor_node.h"
#include "history.h"
#include "operator.h"
#include "trace.h"
#include "workspace_node.h"

namespace lumenflow::sim {

struct Checked {
  WorkspaceNode& workspace;
  ConductorNode& conductor;
  const History& history;
  const std::map<std::int64_t, AskedCommand>& commands;  // of all workspaces
  const Phone& phone;                                    // of this workspace
  Trace& trace;
};

// What is wrong, for a person; empty when nothing is. Both processes run. `at_rest`: everything that was to be done has
// been done, and what is there goes into the trace.
std::string check(const Checked& what, bool at_rest);

}  // namespace lumenflow::sim
