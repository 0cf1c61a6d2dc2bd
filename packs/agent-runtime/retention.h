// Lets go of sessions that are over and were not used for longer than lumenflow.yaml says: their conversation, the file
// for people, and what the kernel keeps of them. What the journal says of their turns stays.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "agent-runtime/settings.h"
#include "lumenflow/host.h"
#include "lumenflow/result.h"

namespace lumenflow::agent_runtime {

inline constexpr std::string_view kRetentionTimer = "retention";

// A timer's run; when the next is due.
Result<std::optional<std::int64_t>> let_go_of_sessions(pack::HostContext& context, const Retention& retention);

}  // namespace lumenflow::agent_runtime
