// What is said of calls, and of events for handlers, that wait for an approval. Pure.
#pragma once

#include <string>

#include "journal/approvals.h"
#include "kernel/call.h"
#include "kernel/emitter.h"
#include "lumenflow/result.h"
#include "pack/registry.h"

namespace lumenflow::kernel {

// The answer to whoever made the call, also when they ask again.
CallResult pending_result(const journal::ParkedCall& parked);

// Lower-case hex SHA-256 of the canonical JSON of what an approval covers.
Result<std::string> digest_of(const json::Value& covered);
// sidekick:approval_requested.
PendingEvent approval_requested(const journal::ParkedCall& parked, const std::string& surface);
// Whether the pack whose handler waits is still the one that the approval was asked for.
bool is_as_approved(const journal::ParkedCall& parked, const pack::Registry& registry);

}  // namespace lumenflow::kernel
