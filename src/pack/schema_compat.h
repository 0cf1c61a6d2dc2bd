// Whether one JSON Schema takes everything that another takes. Pure function.
//
// Careful rather than complete: what it cannot compare (references, combinations, conditions) counts as a difference
// unless it is equal.
#pragma once

#include <string>
#include <vector>

#include "lumenflow/json.h"

namespace lumenflow::pack {

struct SchemaDifference {
  std::string pointer;  // into a value, RFC 6901, with '*' for every item
  std::string what;     // "must be there now"
};

// Why `wider` may refuse a value that `narrower` takes; empty: it never does.
std::vector<SchemaDifference> not_taken_by(const json::Value& wider, const json::Value& narrower);

}  // namespace lumenflow::pack
