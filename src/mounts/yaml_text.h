// JSON values as YAML for people, by libfyaml: in blocks, and what a reader might take for another value in quotes.
// What was written reads back as the same value.
//
// Pure functions.
#pragma once

#include <string>

#include "lumenflow/json.h"

namespace lumenflow::mounts {

std::string yaml_text(const json::Object& document);

}  // namespace lumenflow::mounts
