// Scopes as fields of a file that people write: parse_scope with places, codes and "did you mean".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pack/fields.h"
#include "pack/scope.h"

namespace lumenflow::pack {

// Nothing when a fault was reported. `unsafe_code` is for patterns with `..` or NUL, absolute ones, and those that
// speak of `.lumenflow/`.
std::optional<Scope> read_scope(Report& report, const json::Value& value, const std::string& pointer,
                                std::string_view unsafe_code);

// Whether the pattern is nothing but wildcards: `*`, `**`, `**/*`, `./**`.
bool is_broad_pattern(std::string_view pattern);

}  // namespace lumenflow::pack
