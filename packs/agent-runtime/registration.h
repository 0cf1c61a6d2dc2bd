// The agent-runtime pack, as it is compiled into the program.
#pragma once

#include "lumenflow/pack.h"

namespace lumenflow {

// Lives as long as the program; may be used by any thread.
const pack::BuiltinPack& agent_runtime_pack();

}  // namespace lumenflow
