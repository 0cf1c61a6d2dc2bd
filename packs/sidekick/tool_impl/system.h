// sidekick:init and sidekick:status.
#pragma once

#include "sidekick/tool_impl/call.h"

namespace lumenflow::sidekick {

Answer initialize(Call& call);
Answer report_status(Call& call);

}  // namespace lumenflow::sidekick
