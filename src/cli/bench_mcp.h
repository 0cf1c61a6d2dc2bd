// What the Model Context Protocol adds to a call.
#pragma once

#include "cli/bench_groups.h"

namespace lumenflow::cli {

Status bench_mcp(Bench& bench);

}  // namespace lumenflow::cli
