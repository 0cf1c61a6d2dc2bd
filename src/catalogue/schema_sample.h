// Values that a plain schema takes, or nearly: guesses along its limits, for whoever judges them with the schema
// itself.
//
// Pure functions: the same guesses every time. Bounded in size and number.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "lumenflow/json.h"

namespace lumenflow::catalogue {

// One value; `variant` picks among types, words, branches and limits. Nothing where none can be thought of.
std::optional<json::Value> sample(const json::Value& schema, std::size_t variant);

// Numbers and texts around the limits of both schemas.
std::vector<json::Value> numbers_around(const json::Value& one, const json::Value& other);
std::vector<json::Value> texts_around(const json::Value& one, const json::Value& other);

}  // namespace lumenflow::catalogue
