// The document of GET /tools: every tool of every active pack that somebody may see, and whether they may call it.
//
// On the strand.
#pragma once

#include "kernel/call.h"
#include "lumenflow/json.h"
#include "pack/registry.h"
#include "sidecar/workspace.h"

namespace lumenflow::sidecar {

json::Value tool_document(const pack::ActiveTool& tool, Workspace& workspace, const kernel::Credential& credential);
bool may_see(const pack::ActiveTool& tool, const kernel::Credential& credential);
json::Value tools_document(Workspace& workspace, const kernel::Credential& credential);

}  // namespace lumenflow::sidecar
