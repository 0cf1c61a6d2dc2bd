// The parts of a result's content, as the protocol has them (server/tools, "Tool Result"; the schema of 2025-11-25,
// which 2026-07-28 has kept). Clients that check what they get lose the whole answer over one part that is none.
//
// Pure functions.
#pragma once

#include <string>

#include "lumenflow/json.h"

namespace lumenflow::mounts {

// What is wrong with the part, in words that repeat nothing of it; empty: nothing.
std::string part_fault(const json::Value& part);

}  // namespace lumenflow::mounts
