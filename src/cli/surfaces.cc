#include "cli/surfaces.h"

#include "mcp_server/mcp_routes.h"

namespace lumenflow::cli {

std::vector<sidecar::Surface> all_surfaces() { return {mcp_server::add_mcp_routes}; }

}  // namespace lumenflow::cli
