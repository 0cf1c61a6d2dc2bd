#include <array>

#include "sidekick/tool_impl/system.h"
#include "sidekick/tools/descriptor.h"

namespace lumenflow::sidekick {
namespace {

constexpr std::string_view kSystemScope = ".sidekick/**";

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

constexpr std::array<Field, 6> kExported{{{"tasks", kRequired},
                                          {"memories", kRequired},
                                          {"channels", kRequired},
                                          {"messages", kRequired},
                                          {"routines", kRequired},
                                          {"audit"}}};
constexpr std::array<Field, 3> kExport{
    {{"exported_at", kRequired}, {"version", kRequired}, {"data", kRequired, kExported}}};
constexpr std::array<Field, 2> kExportInput{{{"include_audit"}, {"format"}}};

constexpr std::array<ToolDescriptor, 3> kSystemTools{
    {{"sidekick:init", Permission::kWrite, kSystemScope, kBounded, {}, kInitialized, initialize},
     {"sidekick:status", Permission::kRead, kSystemScope, kBounded, {}, kStatus, report_status},
     {"sidekick:export", Permission::kRead, kSystemScope, kUnbounded, kExportInput, kExport, export_all}}};

}  // namespace

std::span<const ToolDescriptor> system_tools() { return kSystemTools; }

}  // namespace lumenflow::sidekick
