// Changes to the pins of lumenflow.yaml that leave the rest of the file as its author wrote it, comments and all.
//
// Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "kernel/config.h"
#include "lumenflow/result.h"

namespace lumenflow::kernel {

// The text with this pin added, or put in the place of one of the same id. Where the file names no packs, the default
// ones are written out first, so that they stay. INVALID_CONFIGURATION with the lines to write by hand, when the file
// is laid out in a way that cannot be changed safely; the same when it is no YAML.
Result<std::string> with_pin(const std::string& text, const PackPin& pin);
// NOT_FOUND when there is no such pin.
Result<std::string> without_pin(const std::string& text, std::string_view id);

}  // namespace lumenflow::kernel
