// The words in which a schema says what is wrong with an instance.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lumenflow/json.h"

namespace lumenflow::json {

std::string reason_for_type(std::uint8_t allowed, const Value& value);  // "must be a string or null, not an integer"
std::string reason_for_choice(const std::vector<Value>& values);        // "must be one of "a", "b""
std::string reason_for_size(bool at_least, std::size_t limit, std::string_view noun);  // "must have at least 2 items"

}  // namespace lumenflow::json
