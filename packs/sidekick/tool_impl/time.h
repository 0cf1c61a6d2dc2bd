// RFC 3339 and the UTC calendar, in milliseconds since 1970 without leap seconds. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lumenflow/result.h"

namespace lumenflow::sidekick {

// "2026-03-01T12:00:00.000Z". Years 0000 to 9999; beyond is clamped.
std::string format_time(std::int64_t ms);

// Any RFC 3339 date-time; finer than a millisecond is cut off, 23:59:60 UTC is the next second. INVALID_INPUT
// otherwise.
Result<std::int64_t> parse_time(std::string_view text);

}  // namespace lumenflow::sidekick
