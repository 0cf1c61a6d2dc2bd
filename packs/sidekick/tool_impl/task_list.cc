#include "sidekick/constants.h"
#include "sidekick/tool_impl/page.h"
#include "sidekick/tool_impl/task.h"
#include "sidekick/tool_impl/tasks.h"

namespace lumenflow::sidekick {

Answer list_tasks(Call& call) {
  LUMENFLOW_TRY_ASSIGN(TaskFilter filter, TaskFilter::from(call.input));
  std::function<bool(const json::Value&)> accepts;
  if (!filter.accepts_all()) accepts = [&filter](const json::Value& task) { return filter.accepts(task); };
  return newest_page(call, Collection::kTasks, kTaskIdPrefix, accepts);
}

}  // namespace lumenflow::sidekick
