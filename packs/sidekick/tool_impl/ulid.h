// ULIDs as text: 10 characters of time, 16 that tell what happened in one millisecond apart. Crockford's base 32.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lumenflow::sidekick {

// Below every ULID of that moment or later, and above all before it.
std::string ulid_floor(std::int64_t ms);

// The one behind it. `ulid` is one; behind the very last comes the first.
std::string next_ulid(std::string_view ulid);

}  // namespace lumenflow::sidekick
