// Reading a schema's words where they may be absent or of another kind; texts for its formats.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "lumenflow/json.h"

namespace lumenflow::conformance {

const json::Array* list_at(const json::Value& schema, std::string_view word);
const json::Object* map_at(const json::Value& schema, std::string_view word);
bool lists(const json::Value& schema, std::string_view word, const json::Value& item);
// A non-negative integer, else `fallback`.
std::uint64_t count_at(const json::Value& schema, std::string_view word, std::uint64_t fallback);
// "string", "integer", …; of several the first; guessed from the other words where there is none, else empty.
std::string_view type_of_schema(const json::Value& schema);
std::string_view type_of_value(const json::Value& value);
// Whether `type` allows values of that type; true when it says nothing.
bool allows_type(const json::Value& schema, std::string_view type);
// Texts of the format; empty for one that is not known.
std::span<const std::string_view> texts_of_format(std::string_view format);

}  // namespace lumenflow::conformance
