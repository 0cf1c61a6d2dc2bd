// routine:create, routine:list and routine:run.
//
// A routine is `{id, name, steps: [{tool, input}], cron?, on_event?, enabled, next_due_at?, last_due_at?, created_at,
// updated_at}`. Running one answers a plan: whoever asked makes the calls, each on its own way through dispatch.
#pragma once

#include "sidekick/tool_impl/call.h"

namespace lumenflow::sidekick {

Answer create_routine(Call& call);
Answer list_routines(Call& call);
Answer plan_routine(Call& call);

}  // namespace lumenflow::sidekick
