// The receiving side's rules for one stream of events: what of a batch is new, what is a duplicate, what is refused,
// and where the stream then is. Re-sending anything, any number of times, in any batches, gives the same.
//
// Pure: the caller keeps each stream's place, stores what was taken and commits before it answers. Thread safe because
// stateless. Used by every receiver: the local inbox, the conductor.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lumenflow/result.h"

namespace lumenflow::event {

struct StreamPlace {
  std::uint64_t seq = 0;        // high-water mark
  std::uint64_t queue_seq = 0;  // of the last queue-class event or tombstone
  bool operator==(const StreamPlace&) const = default;
};

inline constexpr std::size_t kBatchEventsMax = 512;
inline constexpr std::size_t kBatchBytesMax = 256 * 1024;  // of envelopes; a single larger event goes alone

struct IntakeBatch {
  std::string_view log_id;
  std::string_view stream;
  StreamPlace after;                         // what the sender believes is there, before the first of `events`
  std::span<const std::string_view> events;  // envelopes and tombstones, as they came
};

struct IntakeRules {
  std::string_view log_id;  // the incarnation this receiver knows; empty: none yet
  std::string_view from;    // the authenticated subject
};

struct TakenEvent {
  enum class Kind : std::uint8_t { kEvent, kTombstone, kDropped };
  Kind kind = Kind::kEvent;
  std::uint64_t seq = 0;        // kDropped: the first that is missing
  std::uint64_t last_seq = 0;   // kDropped: the last that is missing; else `seq`
  std::uint64_t queue_seq = 0;  // 0 for an ephemeral
  std::string text;             // canonical envelope, or the reason of a tombstone
  std::string event_kind = {};  // of an event: what it says happened
};

struct RejectedEvent {
  std::string event_id;  // empty when it cannot be read
  std::uint64_t seq = 0;
  ErrorCode code = ErrorCode::kInvalidRequest;
  std::string message;
};

struct Intake {
  std::optional<Error> refused;  // the batch as a whole; nothing was taken
  StreamPlace place;             // of the stream now; where a batch was to follow when it is refused
  std::vector<TakenEvent> taken;
  std::uint64_t accepted = 0;  // of the batch: taken without what is recorded as dropped
  std::uint64_t duplicates = 0;
  std::vector<RejectedEvent> rejected;  // at most one: what stands behind it must wait for its tombstone
};

// Refuses LOG_FORKED (another log_id), FROM_MISMATCH (another sender, or a stream that is not the sender's), CONFLICT
// (it does not continue the stream: `place` says where it is), INVALID_REQUEST (not in ascending order, too many).
Intake take_batch(const IntakeRules& rules, StreamPlace place, const IntakeBatch& batch);

// Where a stream is after the sender declared that nothing up to `base` will come: an enrollment that began there.
// `skipped` is what was expected and is not coming.
struct StreamBegin {
  StreamPlace place;
  std::optional<TakenEvent> skipped;
};
StreamBegin begin_stream(std::optional<StreamPlace> known, StreamPlace base);

// What takes the place of an event that was refused for good.
std::string tombstone_text(std::uint64_t seq, std::uint64_t queue_seq, std::string_view reason);

}  // namespace lumenflow::event
