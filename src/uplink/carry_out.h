// What the engine wants done, done: its actions over the link and the keeper, and the answers back to it.
#pragma once

#include <functional>

#include "uplink/engine.h"
#include "uplink/keeper.h"
#include "uplink/link.h"

namespace lumenflow::uplink {

// What an answer does to the engine, which is its owner's: to be run where the engine is, in the order of coming.
using EngineTask = std::function<void(Engine&, Millis now)>;
// Takes tasks from any thread, also after the engine is gone.
using PostTask = std::function<void(EngineTask)>;

void carry_out(Action action, Link& link, OutboxKeeper& keeper, const PostTask& post_to);

}  // namespace lumenflow::uplink
