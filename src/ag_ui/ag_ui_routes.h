// AG-UI as a surface of the sidecar.
#pragma once

#include "sidecar/routes.h"

namespace lumenflow::ag_ui {

// POST /ag-ui/v1/run. A sidecar::Surface; `context` outlives the routes.
void add_ag_ui_routes(sidecar::Routes& routes, sidecar::RouteContext& context);

}  // namespace lumenflow::ag_ui
