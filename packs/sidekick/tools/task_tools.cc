#include <array>

#include "sidekick/tool_impl/tasks.h"
#include "sidekick/tools/descriptor.h"

namespace lumenflow::sidekick {
namespace {

constexpr std::string_view kTaskScope = ".sidekick/tasks/**";

constexpr std::array<Field, 14> kTask{{{"id", kRequired},
                                       {"title", kRequired},
                                       {"description"},
                                       {"status", kRequired},
                                       {"priority", kRequired},
                                       {"tags", kRequired},
                                       {"due_at"},
                                       {"cron"},
                                       {"next_due_at"},
                                       {"last_due_at"},
                                       {"note"},
                                       {"created_at", kRequired},
                                       {"updated_at", kRequired},
                                       {"completed_at"}}};
constexpr std::array<Field, 2> kTaskAnswer{{{"task", kRequired, kTask}, {"dry_run"}}};
constexpr std::array<Field, 3> kTaskPage{{{"items", kRequired, kTask}, {"count", kRequired}, {"next_cursor"}}};

constexpr std::array<Field, 6> kTaskCreate{
    {{"title", kRequired}, {"description"}, {"priority"}, {"due_at"}, {"tags"}, {"dry_run"}}};
constexpr std::array<Field, 7> kTaskList{
    {{"status"}, {"priority"}, {"tags"}, {"search"}, {"due_before"}, {"limit"}, {"cursor"}}};
constexpr std::array<Field, 3> kComplete{{{"id", kRequired}, {"note"}, {"dry_run"}}};
constexpr std::array<Field, 4> kSchedule{{{"id", kRequired}, {"due_at"}, {"cron"}, {"dry_run"}}};

constexpr std::array<ToolDescriptor, 4> kTaskTools{
    {{"task:create", Permission::kWrite, kTaskScope, kBounded, kTaskCreate, kTaskAnswer, create_task},
     {"task:list", Permission::kRead, kTaskScope, kUnbounded, kTaskList, kTaskPage, list_tasks},
     {"task:complete", Permission::kWrite, kTaskScope, kBounded, kComplete, kTaskAnswer, complete_task},
     {"task:schedule", Permission::kWrite, kTaskScope, kBounded, kSchedule, kTaskAnswer, schedule_task}}};

}  // namespace

std::span<const ToolDescriptor> task_tools() { return kTaskTools; }

}  // namespace lumenflow::sidekick
