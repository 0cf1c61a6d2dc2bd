// JSON Schemas made plain, so that two of them can be compared: references followed, what only describes left out.
//
// Pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lumenflow/json.h"

namespace lumenflow::catalogue {

// Where a followed reference leads, as a member of the schema that took its place. No keyword of JSON Schema.
inline constexpr std::string_view kPlaceKey = "x-lumenflow-place";

struct PlainSchema {
  json::Value schema;
  std::string keyword;  // what cannot be made plain: a reference to itself, another document, an $id; empty: all can
  std::string pointer;  // of that keyword
};

PlainSchema plain(const json::Value& schema);

// What both take, in one schema without allOf; nothing where that cannot be said in one.
std::optional<json::Value> conjunction(const json::Value& one, const json::Value& other);

// The schema with its allOf taken in, as far as that can be said in one schema; nothing where it cannot.
std::optional<json::Value> without_all_of(const json::Value& schema);

json::Value without(const json::Value& schema, std::initializer_list<std::string_view> keywords);

}  // namespace lumenflow::catalogue
