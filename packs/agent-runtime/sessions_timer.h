// What brings sessions on without a caller: turns that broke off are settled, approvals that were given are taken up,
// planned turns are begun when they are due.
#pragma once

#include <cstdint>
#include <optional>

#include "lumenflow/host.h"
#include "lumenflow/result.h"

namespace lumenflow::agent_runtime {

// Milliseconds since 1970 when it has to run again; nothing: once it is woken.
Result<std::optional<std::int64_t>> look_after_sessions(pack::HostContext& context);

}  // namespace lumenflow::agent_runtime
