// Pairs of schemas, before and after an edit, with what is to be said of them. For the tests of this program and of
// another validator.
#pragma once

#include <span>
#include <string_view>

namespace lumenflow::catalogue {

enum class Expected : char { kCompatible, kBreaks, kUndecided };

struct SchemaPair {
  std::string_view from;
  std::string_view by;
  Expected expected;
  std::string_view rule;  // of the first break
  std::string_view from_pointer, by_pointer;
};

std::span<const SchemaPair> schema_pairs();

}  // namespace lumenflow::catalogue
