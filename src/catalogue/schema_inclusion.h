// Whether one JSON Schema takes everything that another takes, and what it refuses if not.
//
// Careful: a value that shows a difference has been judged by both schemas, and that nothing was found is no proof.
// What is decided is listed in docs/formats/catalogue.md. Pure functions of the schemas, bounded in time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lumenflow/json.h"

namespace lumenflow::catalogue {

struct SchemaBreak {
  std::string rule;          // "required", "type", "additionalProperties": the keyword that takes less
  std::string what;          // "'id' must be there"
  std::string from_pointer;  // into the schema that takes it
  std::string by_pointer;    // into the one that refuses it
  // Taken by the one and refused by the other; nothing where none was found, and then the matter is undecided.
  std::optional<json::Value> witness;
};

// Why `by` may refuse what `from` takes; empty: it takes everything that `from` does. Null stands for no schema.
std::vector<SchemaBreak> not_taken(const json::Value* from, const json::Value* by);

}  // namespace lumenflow::catalogue
