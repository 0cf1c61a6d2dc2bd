// Has routines with `on_event` fall due at their events: each announces itself once for each event, by
// sidekick:routine_due, as those with a schedule do.
#pragma once

#include "lumenflow/pack.h"
#include "lumenflow/result.h"
#include "sidekick/storage/storage_port.h"

namespace lumenflow::sidekick {

// What the timer kWatchTimer runs: when the workspace opens, and after a routine was made. It looks at every routine.
Status watch_events(pack::HostContext& context, StoragePort& storage);

}  // namespace lumenflow::sidekick
