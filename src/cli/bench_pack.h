// What the bench calls: a builtin pack of two tools that do nothing, and the 500 bytes they are called with.
#pragma once

#include <string_view>

#include "kernel/kernel_options.h"
#include "lumenflow/pack.h"

namespace lumenflow::cli {

inline constexpr std::string_view kOneCommitTool = "bench:touch";  // on the strand, one commit
inline constexpr std::string_view kTwoCommitTool =
    "bench:effect";  // effects outside the journal: started, then finished

const pack::BuiltinPack& bench_pack();

// An object of 500 bytes as an agent's call is: short names, some text, a few numbers, a list, a nested object.
std::string_view bench_input();
// Its JSON Schema, the same as the tools'.
std::string_view bench_input_schema();

// A workspace `bench` with that pack alone, which may write everywhere.
kernel::KernelOptions bench_kernel_options();

}  // namespace lumenflow::cli
