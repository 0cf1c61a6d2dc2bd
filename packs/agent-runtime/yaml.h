// YAML as a JSON value, for files that operators write. Any thread.
#pragma once

#include <string_view>

#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::agent_runtime {

// One document; null for an empty one. INVALID_CONFIGURATION for what is no YAML, or nothing that JSON can say.
Result<json::Value> read_yaml(std::string_view text);

}  // namespace lumenflow::agent_runtime
