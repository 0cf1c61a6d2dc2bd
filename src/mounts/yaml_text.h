// JSON values as YAML for people: blocks for maps and lists of maps, one line for lists of scalars, strings quoted
// wherever that is safer. What was written reads back as the same value.
//
// Pure functions.
#pragma once

#include <string>

#include "lumenflow/json.h"

namespace lumenflow::mounts {

std::string yaml_text(const json::Object& document);

}  // namespace lumenflow::mounts
