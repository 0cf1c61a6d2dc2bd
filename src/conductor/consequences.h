// What follows from a change of records: what was revoked takes what it had set in motion with it, a device that asks
// is asked about, and an id that goes to somebody else leaves behind what was the former one's.
//
// In the batch of the act's own entry, and so exactly once, also after a crash or for a change that was made beside the
// running conductor. The io thread only.
#pragma once

#include "conductor/context.h"

namespace lumenflow::conductor {

Status follow_act(Context& context, const json::Value& entry, Position at);

}  // namespace lumenflow::conductor
