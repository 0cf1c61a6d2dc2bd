// What is allowed as a table's name and key, and how a prefix becomes a range. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lumenflow/result.h"

namespace lumenflow::log {

Status check_table_name(std::string_view table);  // INVALID_INPUT unless ^[a-z][a-z0-9_]{0,31}$
Status check_table_key(std::string_view key);     // INVALID_INPUT when empty

// The least string above all that start with `prefix`; nothing when there is none.
std::optional<std::string> end_of_prefix(std::string_view prefix);

// [from, to) of a scan in either direction.
struct KeyRange {
  std::string from;
  std::optional<std::string> to;
};
KeyRange ascending_range(std::string_view prefix, std::string_view after);
KeyRange descending_range(std::string_view prefix, std::string_view before);

}  // namespace lumenflow::log
