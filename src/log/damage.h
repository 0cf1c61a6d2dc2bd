// How "this position is damaged" is said, and read back, in an Error.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "lumenflow/result.h"

namespace lumenflow::log {

// JOURNAL_DAMAGED: "position 17: the entry does not match its leaf". The detail's pointer is "/17".
Error damaged_at(std::uint64_t position, std::string_view what);

// The position that a JOURNAL_DAMAGED error names; nothing when it names none, or is another error.
std::optional<std::uint64_t> damaged_position(const Error& error);

}  // namespace lumenflow::log
