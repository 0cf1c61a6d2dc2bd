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

// The content of a single-quoted scalar (section 7.3.2) whose first character behind the quote is at `start`. libfyaml
// 0.7.12 leaks memory on several doubled quotes in a row, so this one style is not left to it.
std::string unquote_single(std::string_view text, std::size_t start);

}  // namespace lumenflow::pack::yaml
