// Schemas of older dialects of JSON Schema (drafts 4 to 7, 2019-09) as 2020-12, which is all that is compiled here.
//
// Pure functions.
#pragma once

#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::mounts {

// INVALID_OUTPUT saying why the tool of such a schema cannot be had: another dialect, no object at its root, nested
// too deeply, or what the compiler says.
Result<json::Value> to_current_dialect(const json::Value& schema);

}  // namespace lumenflow::mounts
