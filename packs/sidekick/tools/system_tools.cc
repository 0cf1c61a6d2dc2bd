#include <array>

#include "sidekick/tool_impl/system.h"
#include "sidekick/tools/descriptor.h"

namespace lumenflow::sidekick {
namespace {

constexpr std::string_view kScope = ".sidekick/**";
constexpr pack::ToolTraits kBounded{.store_only = true, .bounded = true};
constexpr Presence kRequired = Presence::kRequired;

constexpr std::array<Field, 2> kInitialized{{{"initialized", kRequired}, {"root_dir", kRequired}}};

constexpr std::array<Field, 5> kCounts{{{"tasks", kRequired},
                                        {"memories", kRequired},
                                        {"channels", kRequired},
                                        {"messages", kRequired},
                                        {"routines", kRequired}}};
constexpr std::array<Field, 7> kStatus{{{"initialized", kRequired},
                                        {"counts", kRequired, kCounts},
                                        {"audit_events", kRequired},
                                        {"storage_adapter", kRequired},
                                        {"bytes", kRequired},
                                        {"health", kRequired},
                                        {"problems", kRequired}}};

constexpr std::array<ToolDescriptor, 2> kTools{
    {{"sidekick:init", Permission::kWrite, kScope, kBounded, {}, kInitialized, initialize},
     {"sidekick:status", Permission::kRead, kScope, kBounded, {}, kStatus, report_status}}};

}  // namespace

std::span<const ToolDescriptor> system_tools() { return kTools; }

}  // namespace lumenflow::sidekick
