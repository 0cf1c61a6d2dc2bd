#include <array>

#include "sidekick/tool_impl/memories.h"
#include "sidekick/tools/descriptor.h"

namespace lumenflow::sidekick {
namespace {

constexpr std::string_view kScope = ".sidekick/memory/**";
constexpr pack::ToolTraits kBounded{.store_only = true, .bounded = true};
constexpr pack::ToolTraits kUnbounded{.store_only = true, .bounded = false};
constexpr Presence kRequired = Presence::kRequired;

constexpr std::array<Field, 5> kMemory{
    {{"id", kRequired}, {"type", kRequired}, {"content", kRequired}, {"tags", kRequired}, {"created_at", kRequired}}};
constexpr std::array<Field, 2> kMemoryAnswer{{{"memory", kRequired, kMemory}, {"dry_run"}}};
constexpr std::array<Field, 3> kPage{{{"items", kRequired, kMemory}, {"count", kRequired}, {"next_cursor"}}};
constexpr std::array<Field, 2> kDeleted{{{"deleted_id", kRequired}, {"dry_run"}}};

constexpr std::array<Field, 4> kStore{{{"type", kRequired}, {"content", kRequired}, {"tags"}, {"dry_run"}}};
constexpr std::array<Field, 5> kRecall{{{"query"}, {"type"}, {"tags"}, {"limit"}, {"cursor"}}};
constexpr std::array<Field, 2> kForget{{{"id", kRequired}, {"dry_run"}}};

constexpr std::array<ToolDescriptor, 3> kTools{
    {{"memory:store", Permission::kWrite, kScope, kBounded, kStore, kMemoryAnswer, store_memory},
     {"memory:recall", Permission::kRead, kScope, kUnbounded, kRecall, kPage, recall_memories},
     {"memory:forget", Permission::kWrite, kScope, kBounded, kForget, kDeleted, forget_memory}}};

}  // namespace

std::span<const ToolDescriptor> memory_tools() { return kTools; }

}  // namespace lumenflow::sidekick
