// What is said of calls that wait for an approval. Pure.
#pragma once

#include "journal/approvals.h"
#include "kernel/call.h"

namespace lumenflow::kernel {

// The answer to whoever made the call, also when they ask again.
CallResult pending_result(const journal::ParkedCall& parked);

}  // namespace lumenflow::kernel
