// MCP as a surface of the sidecar.
#pragma once

#include "sidecar/routes.h"

namespace lumenflow::mcp_server {

// POST, GET and DELETE /mcp, and what says how a client is let in. A sidecar::Surface; `context` outlives the routes.
void add_mcp_routes(sidecar::Routes& routes, sidecar::RouteContext& context);

}  // namespace lumenflow::mcp_server
