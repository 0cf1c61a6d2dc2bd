// Whether a work unit may be merged as it stands: what wu:done checks before it touches anything, and wu:summary before
// anybody is asked.
#pragma once

#include "software-delivery/tools.h"

namespace lumenflow::software_delivery {

// That it is claimed, whole, committed, ahead of its target, and that nothing is in the way there. Reads only.
Done check_mergeable(Call& call, const Facts& facts);
// That the branch is where the call says, and where it was when its approval was asked for: COMMIT_MOVED.
Done check_asked_for(Call& call, const Facts& facts);
// What the stamp will say of the gates; GATES_NOT_GREEN naming those that have not passed on this commit.
Answer<json::Value> check_gates(Call& call, const Facts& facts);

}  // namespace lumenflow::software_delivery
