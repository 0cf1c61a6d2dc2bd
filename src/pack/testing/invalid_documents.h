// Documents that are wrong by construction, made from a good one by seed: whoever accepts one is wrong too. For tests
// only.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lumenflow/json.h"

namespace lumenflow::pack::samples {

// What is known of the good document; each takes an RFC 6901 pointer into it.
struct Anatomy {
  // Whether the value stays good with this at its place, though it is of another type.
  std::function<bool(std::string_view, const json::Value&)> may_be_replaced;
  std::function<bool(std::string_view)> open_map;     // a map that takes any key
  std::function<bool(std::string_view)> named_map;    // a map whose keys are names of the author's
  std::function<bool(std::string_view)> closed_text;  // a string of a closed set, or one with a pattern without '~'
};

struct InvalidDocument {
  std::string text;    // JSON, which is YAML
  std::string faults;  // what was done, for messages
};

// One to three faults: values of another type, unknown keys, misspelt keys, words that are none.
InvalidDocument invalid_document(const json::Value& good, const Anatomy& anatomy, std::uint64_t seed);

// The YAML text of a good document with one fault that makes it no strict YAML document.
InvalidDocument invalid_yaml(const std::string& good, std::uint64_t seed);

}  // namespace lumenflow::pack::samples
