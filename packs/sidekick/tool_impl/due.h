// Announces tasks and routines that fall due with the event sidekick:routine_due, each due moment once.
//
// It looks at what the index of due moments holds up to now, so it costs what is due and not what is stored. The event
// and a mark `announced/<id>` in the pack's store commit together; the record is moved on after that and the mark taken
// away, so that a crash in between neither loses nor repeats an announcement, whichever adapter holds the records. What
// fell due while nothing ran is announced once, for the moment that was missed first; a schedule goes on from now.
#pragma once

#include <cstdint>
#include <optional>

#include "lumenflow/pack.h"
#include "lumenflow/result.h"
#include "sidekick/storage/storage_port.h"

namespace lumenflow::sidekick {

// What the timer kDueTimer runs, on a port that is durable at once: the next moment that something falls due.
Result<std::optional<std::int64_t>> announce_due(pack::HostContext& context, StoragePort& storage);

}  // namespace lumenflow::sidekick
