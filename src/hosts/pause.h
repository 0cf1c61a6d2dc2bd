// A wait between tries that a cancellation ends.
//
// Any thread but the strand's.
#pragma once

#include <chrono>

namespace lumenflow::pack {
class HostedRun;
}

namespace lumenflow::hosts {

// Sleeps unless the run is cancelled; whether it still wants to go on. A null run is never cancelled.
bool pause(std::chrono::milliseconds time, pack::HostedRun* run);

}  // namespace lumenflow::hosts
