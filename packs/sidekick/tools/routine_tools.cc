#include <array>

#include "sidekick/tool_impl/routines.h"
#include "sidekick/tools/descriptor.h"

namespace lumenflow::sidekick {
namespace {

constexpr std::string_view kRoutineScope = ".sidekick/routines/**";

constexpr std::array<Field, 2> kStepInput{{{"tool", kRequired}, {"input"}}};
constexpr std::array<Field, 2> kStep{{{"tool", kRequired}, {"input", kRequired}}};
constexpr std::array<Field, 10> kRoutine{{{"id", kRequired},
                                          {"name", kRequired},
                                          {"steps", kRequired, kStep},
                                          {"cron"},
                                          {"on_event"},
                                          {"enabled", kRequired},
                                          {"next_due_at"},
                                          {"last_due_at"},
                                          {"created_at", kRequired},
                                          {"updated_at", kRequired}}};
constexpr std::array<Field, 3> kRoutineAnswer{{{"routine", kRequired, kRoutine}, {"warnings", kRequired}, {"dry_run"}}};
constexpr std::array<Field, 3> kRoutinePage{{{"items", kRequired, kRoutine}, {"count", kRequired}, {"next_cursor"}}};
constexpr std::array<Field, 3> kPlannedCall{{{"index", kRequired}, {"tool", kRequired}, {"input", kRequired}}};
constexpr std::array<Field, 1> kGovernance{{{"dispatch_required", kRequired}}};
constexpr std::array<Field, 5> kPlan{{{"routine_id", kRequired},
                                      {"name", kRequired},
                                      {"plan_only", kRequired},
                                      {"plan", kRequired, kPlannedCall},
                                      {"governance", kRequired, kGovernance}}};

constexpr std::array<Field, 6> kRoutineCreate{
    {{"name", kRequired}, {"steps", kRequired, kStepInput}, {"cron"}, {"on_event"}, {"enabled"}, {"dry_run"}}};
constexpr std::array<Field, 3> kRoutineList{{{"enabled_only"}, {"limit"}, {"cursor"}}};
constexpr std::array<Field, 1> kRun{{{"id", kRequired}}};

constexpr std::array<ToolDescriptor, 3> kRoutineTools{
    {{"routine:create", Permission::kWrite, kRoutineScope, kBounded, kRoutineCreate, kRoutineAnswer, create_routine},
     {"routine:list", Permission::kRead, kRoutineScope, kUnbounded, kRoutineList, kRoutinePage, list_routines},
     {"routine:run", Permission::kRead, kRoutineScope, kBounded, kRun, kPlan, plan_routine}}};

}  // namespace

std::span<const ToolDescriptor> routine_tools() { return kRoutineTools; }

}  // namespace lumenflow::sidekick
