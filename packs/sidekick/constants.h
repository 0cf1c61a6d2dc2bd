// Names and limits of the pack that more than one file needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lumenflow::sidekick {

inline constexpr std::string_view kPackId = "sidekick";
inline constexpr std::string_view kRootDir = ".sidekick";  // in the workspace; all data the pack keeps as files

// Ids are `<prefix><ULID>`, so that they sort by time.
inline constexpr std::string_view kTaskIdPrefix = "task-";
inline constexpr std::string_view kMemoryIdPrefix = "mem-";
inline constexpr std::string_view kChannelIdPrefix = "chan-";
inline constexpr std::string_view kMessageIdPrefix = "msg-";
inline constexpr std::string_view kRoutineIdPrefix = "routine-";
inline constexpr std::string_view kAuditIdPrefix = "evt-";
inline constexpr std::size_t kUlidSize = 26;

// The `limit` of every tool that answers a page.
inline constexpr std::size_t kPageLimitDefault = 100;
inline constexpr std::size_t kPageLimitMax = 1000;
// How many records are read at a time where many are looked through.
inline constexpr std::size_t kScanBatch = 256;

inline constexpr std::string_view kPriorityDefault = "P2";
inline constexpr std::string_view kStatusPending = "pending";
inline constexpr std::string_view kStatusDone = "done";

inline constexpr std::string_view kChannelDefault = "default";
inline constexpr std::string_view kSenderDefault = "assistant";
inline constexpr std::string_view kTypeTerminal = "terminal";
inline constexpr std::string_view kTypeWebhook = "webhook";
inline constexpr std::int64_t kWebhookTimeoutMs = 10'000;

inline constexpr std::string_view kMessageSent = "sidekick:message_sent";
inline constexpr std::string_view kRoutineDue = "sidekick:routine_due";
inline constexpr std::string_view kDueTimer = "due";      // announces what falls due
inline constexpr std::string_view kWatchTimer = "watch";  // has routines with on_event hear of their events

}  // namespace lumenflow::sidekick
