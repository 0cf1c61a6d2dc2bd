#include <array>

#include "sidekick/tool_impl/tasks.h"
#include "sidekick/tools/descriptor.h"

namespace lumenflow::sidekick {
namespace {

constexpr std::string_view kScope = ".sidekick/tasks/**";
constexpr pack::ToolTraits kBounded{.store_only = true, .bounded = true};
constexpr pack::ToolTraits kUnbounded{.store_only = true, .bounded = false};
constexpr Presence kRequired = Presence::kRequired;

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
constexpr std::array<Field, 3> kPage{{{"items", kRequired, kTask}, {"count", kRequired}, {"next_cursor"}}};

constexpr std::array<Field, 6> kCreate{
    {{"title", kRequired}, {"description"}, {"priority"}, {"due_at"}, {"tags"}, {"dry_run"}}};
constexpr std::array<Field, 7> kList{
    {{"status"}, {"priority"}, {"tags"}, {"search"}, {"due_before"}, {"limit"}, {"cursor"}}};
constexpr std::array<Field, 3> kComplete{{{"id", kRequired}, {"note"}, {"dry_run"}}};
constexpr std::array<Field, 4> kSchedule{{{"id", kRequired}, {"due_at"}, {"cron"}, {"dry_run"}}};

constexpr std::array<ToolDescriptor, 4> kTools{
    {{"task:create", Permission::kWrite, kScope, kBounded, kCreate, kTaskAnswer, create_task},
     {"task:list", Permission::kRead, kScope, kUnbounded, kList, kPage, list_tasks},
     {"task:complete", Permission::kWrite, kScope, kBounded, kComplete, kTaskAnswer, complete_task},
     {"task:schedule", Permission::kWrite, kScope, kBounded, kSchedule, kTaskAnswer, schedule_task}}};

}  // namespace

std::span<const ToolDescriptor> task_tools() { return kTools; }

}  // namespace lumenflow::sidekick
