// The conductor: what it takes in beside bare unique inserts, whether that holds as its store grows, and what a
// thousand workspaces cost that have nothing to say.
#pragma once

#include "cli/bench_groups.h"

namespace lumenflow::cli {

Status bench_conductor(Bench& bench);

// The second half of it: a conductor of its own process, its workspaces connected and idle.
Status measure_idle_workspaces(Bench& bench);

}  // namespace lumenflow::cli
