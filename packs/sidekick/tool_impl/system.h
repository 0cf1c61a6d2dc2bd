// sidekick:init, sidekick:status and sidekick:export.
#pragma once

#include "sidekick/tool_impl/call.h"

namespace lumenflow::sidekick {

Answer initialize(Call& call);
Answer report_status(Call& call);
Answer export_all(Call& call);

}  // namespace lumenflow::sidekick
