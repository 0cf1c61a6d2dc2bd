#include <array>

#include "sidekick/tool_impl/memories.h"
#include "sidekick/tools/descriptor.h"

namespace lumenflow::sidekick {
namespace {

constexpr std::string_view kMemoryScope = ".sidekick/memory/**";

constexpr std::array<Field, 5> kMemory{
    {{"id", kRequired}, {"type", kRequired}, {"content", kRequired}, {"tags", kRequired}, {"created_at", kRequired}}};
constexpr std::array<Field, 2> kMemoryAnswer{{{"memory", kRequired, kMemory}, {"dry_run"}}};
constexpr std::array<Field, 3> kMemoryPage{{{"items", kRequired, kMemory}, {"count", kRequired}, {"next_cursor"}}};
constexpr std::array<Field, 2> kDeleted{{{"deleted_id", kRequired}, {"dry_run"}}};

constexpr std::array<Field, 4> kStore{{{"type", kRequired}, {"content", kRequired}, {"tags"}, {"dry_run"}}};
constexpr std::array<Field, 5> kRecall{{{"query"}, {"type"}, {"tags"}, {"limit"}, {"cursor"}}};
constexpr std::array<Field, 2> kForget{{{"id", kRequired}, {"dry_run"}}};

constexpr std::array<ToolDescriptor, 3> kMemoryTools{
    {{"memory:store", Permission::kWrite, kMemoryScope, kBounded, kStore, kMemoryAnswer, store_memory},
     {"memory:recall", Permission::kRead, kMemoryScope, kUnbounded, kRecall, kMemoryPage, recall_memories},
     {"memory:forget", Permission::kWrite, kMemoryScope, kBounded, kForget, kDeleted, forget_memory}}};

}  // namespace

std::span<const ToolDescriptor> memory_tools() { return kMemoryTools; }

}  // namespace lumenflow::sidekick
