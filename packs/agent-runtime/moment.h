// RFC 3339 as milliseconds. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace lumenflow::agent_runtime {

// Since 1970, of a moment with `Z` or an offset; nothing for what is none.
std::optional<std::int64_t> milliseconds_of(std::string_view text);

}  // namespace lumenflow::agent_runtime
