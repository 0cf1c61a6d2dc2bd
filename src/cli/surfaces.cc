#include "cli/surfaces.h"

#include "ag_ui/ag_ui_routes.h"
#include "mcp_server/mcp_routes.h"

namespace lumenflow::cli {

std::vector<sidecar::Surface> all_surfaces() { return {mcp_server::add_mcp_routes, ag_ui::add_ag_ui_routes}; }

}  // namespace lumenflow::cli
