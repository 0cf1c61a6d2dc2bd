// What a plain schema's own keywords say of types, numbers and single values.
//
// Pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lumenflow/json.h"

namespace lumenflow::catalogue {

// One end of what a number may be.
struct NumberLimit {
  std::optional<json::Value> at;  // nothing: no end
  bool exclusive = false;
  std::string keyword;  // that says so

  bool is_within_low(const NumberLimit& other) const;   // as a lower end: whether the other's is no tighter
  bool is_within_high(const NumberLimit& other) const;  // likewise as an upper end
};

struct NumberLimits {
  NumberLimit low, high;
};

// Of integers an exclusive end is made an inclusive one.
NumberLimits number_limits(const json::Value& schema, bool integer);

// Type names without repetition; "integer" is left out beside "number". All of them where the schema names none.
std::vector<std::string> type_names(const json::Value& schema);

// Every value that the schema could take, where there are few: its words, booleans and null, integers of a short range.
std::optional<std::vector<json::Value>> finite_values(const json::Value& schema);

// Whether no value can be taken by both; false where that is not plain.
bool are_disjoint(const json::Value& one, const json::Value& other);

}  // namespace lumenflow::catalogue
