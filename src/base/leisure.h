// Work that may wait for a processor that nobody else wants.
#pragma once

namespace lumenflow {

// From now on the calling thread runs where no other thread wants to, and makes room at once for one that does
// (SCHED_IDLE, sched(7)). On a machine that is busy throughout it hardly runs at all: it should hold no lock that
// others wait for, and somebody has to do its work then. Without effect where the system does not allow it.
void work_at_leisure();

}  // namespace lumenflow
