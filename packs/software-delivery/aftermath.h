// What became of a call whose process died: told by what the pack wrote down before it touched anything.
//
// Keys of the store: `wu/<id>` (what is begun, and by which call), `mending/<id>` (a repair), `last/<id>` (the last
// call that settled a work unit, and its answer), `making/<receipt>` (a work unit that is being written).
#pragma once

#include <optional>
#include <string>

#include "software-delivery/work_unit.h"

namespace lumenflow::software_delivery {

// Runs where a workspace opens. Proposes the repair of what was cut off.
pack::Aftermath aftermath(const pack::StartedCall& call);

// A receipt is rcpt-<ULID>; what the kernel keeps of what that call left behind is rec-<ULID>.
std::string recovery_of(const std::string& receipt);
// Milliseconds since 1970, of when the call was first made: also where it waited for an approval since.
std::optional<std::int64_t> made_at_ms(std::string_view receipt);

std::string making_key(std::string_view receipt);
// Durable when it returns.
Done keep_making(pack::ToolContext& context, const WorkUnit& work_unit);

}  // namespace lumenflow::software_delivery
