// A broken invariant aborts loudly, in release too: going on would risk what users trusted us with.
#pragma once

#include <string_view>

namespace lumenflow {

// Writes one line to stderr and aborts.
[[noreturn]] void check_failed(std::string_view condition, std::string_view file, int line);

}  // namespace lumenflow

#define LUMENFLOW_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::lumenflow::check_failed(#condition, __FILE__, __LINE__))
