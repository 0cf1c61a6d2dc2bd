// What letting stored inputs and outputs go costs, and what calls notice of it.
#pragma once

#include "cli/bench_groups.h"

namespace lumenflow::cli {

Status bench_retention(Bench& bench);

}  // namespace lumenflow::cli
