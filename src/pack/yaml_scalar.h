// What a plain YAML scalar stands for: the core schema of YAML 1.2 (section 10.3.2). Pure function.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lumenflow/json.h"

namespace lumenflow::pack::yaml {

// null, true, 12, 0o14, 0xc, 1.5e3; everything else is the string itself. Nothing, with `why` set, for a number that
// JSON cannot hold (.nan, .inf, 1e999).
std::optional<json::Value> resolve_plain(std::string_view text, std::string& why);

}  // namespace lumenflow::pack::yaml
