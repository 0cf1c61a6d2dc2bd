// The five kinds of record that the pack keeps, apart from the audit trail.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lumenflow::sidekick {

enum class Collection : std::uint8_t { kTasks, kMemories, kChannels, kMessages, kRoutines };

inline constexpr std::array kCollections{Collection::kTasks, Collection::kMemories, Collection::kChannels,
                                         Collection::kMessages, Collection::kRoutines};

constexpr std::size_t index_of(Collection collection) { return static_cast<std::size_t>(collection); }

// "tasks", "memories", …: in answers and in stored keys.
std::string_view name(Collection collection);

// "task-", "mem-", …: what the ids of its records begin with, before a ULID.
std::string_view id_prefix(Collection collection);

}  // namespace lumenflow::sidekick
