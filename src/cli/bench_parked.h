// What calls cost while many others wait for an approval.
#pragma once

#include "cli/bench_groups.h"

namespace lumenflow::cli {

Status bench_parked(Bench& bench);

}  // namespace lumenflow::cli
