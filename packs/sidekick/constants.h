// Names and limits of the pack that more than one file needs.
#pragma once

#include <cstddef>
#include <string_view>

namespace lumenflow::sidekick {

inline constexpr std::string_view kPackId = "sidekick";
inline constexpr std::string_view kRootDir = ".sidekick";  // in the workspace; all data the pack keeps as files

// Ids are `<prefix><ULID>`, so that they sort by time.
inline constexpr std::string_view kTaskIdPrefix = "task-";
inline constexpr std::string_view kAuditIdPrefix = "evt-";
inline constexpr std::size_t kUlidSize = 26;

// The `limit` of every tool that answers a page.
inline constexpr std::size_t kPageLimitDefault = 100;
inline constexpr std::size_t kPageLimitMax = 1000;

inline constexpr std::string_view kPriorityDefault = "P2";
inline constexpr std::string_view kStatusPending = "pending";
inline constexpr std::string_view kStatusDone = "done";

}  // namespace lumenflow::sidekick
