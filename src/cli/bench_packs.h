// The figures of packs that are processes, and the pack that they call: the program itself.
#pragma once

#include "cli/bench_groups.h"

namespace lumenflow::cli {

Status bench_packs(Bench& bench);

// Speaks the pack protocol on the context's in and out until that ends; the exit code.
int run_bench_pack(Context& context);

}  // namespace lumenflow::cli
