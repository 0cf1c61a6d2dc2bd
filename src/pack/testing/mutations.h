// Ways to break a good file. For tests only.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lumenflow/json.h"

namespace lumenflow::pack::samples {

// Whether `type` of a schema can tell them apart only as integer and number.
bool same_type(const json::Value& a, const json::Value& b);

struct TypeMutation {
  std::string pointer;
  std::string text;  // the whole document as JSON, which is YAML, with a value of another type at the pointer
};

// Every value but the root, replaced by one of each other type, except where `allowed(pointer, replacement)`.
std::vector<TypeMutation> type_mutations(const json::Value& document,
                                         const std::function<bool(std::string_view, const json::Value&)>& allowed);

// One small edit of the text, decided by the seed: bytes or lines removed, doubled, swapped, replaced, indented.
std::string text_mutation(std::string text, std::uint64_t seed);

}  // namespace lumenflow::pack::samples
