// task:create, task:list, task:complete and task:schedule.
#pragma once

#include "sidekick/tool_impl/call.h"

namespace lumenflow::sidekick {

Answer create_task(Call& call);
Answer list_tasks(Call& call);
Answer complete_task(Call& call);
Answer schedule_task(Call& call);

}  // namespace lumenflow::sidekick
