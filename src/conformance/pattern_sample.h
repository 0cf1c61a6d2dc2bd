// A text that a pattern of JSON Schema (ECMA-262) matches.
//
// Bounded: repetitions without an upper limit are cut short, and what comes out has at most a few hundred characters
// unless the pattern asks for more. Pure function of its arguments.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "conformance/draw.h"

namespace lumenflow::conformance {

// Nothing for what it cannot read (look-around, back-references, \p{…}). A guess: whoever needs certainty matches it.
// Repetitions take `eagerness` turns more than they must, where they may.
std::optional<std::string> sample_of_pattern(std::string_view pattern, Draw& draw, std::size_t eagerness);

}  // namespace lumenflow::conformance
