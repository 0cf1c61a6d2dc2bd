// What of a tool's input counts: strings are trimmed, and empty ones are absent.
//
// That goes for members of the input, labels, settings and the tools of steps. What belongs to somebody else (the
// metadata of a message, the input of a step) stays as it is. Pure.
#pragma once

#include <optional>

#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::sidekick {

// Nothing when the input stands as it is. The schema of a tool is said of this.
std::optional<json::Value> normalized(const json::Value& input);

// INVALID_INPUT about a string that holds U+0000, which no editor shows and many programs end at.
Status check_texts(const json::Value& normalized_input);

}  // namespace lumenflow::sidekick
