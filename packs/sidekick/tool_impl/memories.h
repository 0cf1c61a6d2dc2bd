// memory:store, memory:recall and memory:forget.
//
// A memory is `{id, type, content, tags, created_at}`.
#pragma once

#include "sidekick/tool_impl/call.h"

namespace lumenflow::sidekick {

Answer store_memory(Call& call);
Answer recall_memories(Call& call);
Answer forget_memory(Call& call);

}  // namespace lumenflow::sidekick
