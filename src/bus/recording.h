// What a recording is made of: a header that says what it was made with, a frame for each tick, a checkpoint after
// every so many, and an end. docs/formats/recording.md has the bytes.
//
// Values and pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/sha256.h"
#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::bus {

inline constexpr std::uint64_t kCheckpointFrames = 64;  // from one checkpoint to the next

struct FrameEvent {
  std::uint64_t order = 0;  // of its dispatch
  std::uint32_t channel = 0;
  std::string type;
  std::string payload;  // JSON, in canonical form
};

// What a row of the journal brought.
struct FrameRow {
  std::uint64_t first = 0;           // position of its first entry
  std::vector<std::string> entries;  // canonical bytes
  Hash256 body{};                    // SHA-256 of what stands beside it; of nothing: zeros
};

struct Frame {
  std::uint64_t tick = 0;
  std::string manifest_hash;   // eight hexadecimal digits
  std::int64_t issued_at = 0;  // milliseconds since 1970
  std::vector<FrameEvent> events;
  std::string ingress;  // what came from outside since the frame before (fact.h)
  std::vector<FrameRow> rows;
  Hash256 writes{};  // SHA-256 of what was put into tables and erased from them since then
};

struct Checkpoint {
  std::uint64_t tick = 0;  // of the frame before it
  Hash256 state{};         // SHA-256 of what the strand's state sums up to
  std::string manifest_hash;
  std::string contract_digest;
};

// The last block of a recording that was ended.
struct RecordingEnd {
  std::uint64_t frames = 0;
  std::string reason;                     // for a person
  std::vector<std::string> not_captured;  // likewise; empty: everything was
};

// Canonical JSON; see docs/formats/recording.md for its members.
struct RecordingHeader {
  json::Value document;
  std::string_view text(std::string_view member) const { return json::string_or(document, member, ""); }
};

using RecordingBlock = std::variant<RecordingHeader, Frame, Checkpoint, RecordingEnd>;

// A block's payload, and back: INVALID_INPUT naming what is wrong with it.
std::string encode(const RecordingBlock& block);
Result<RecordingBlock> decode_block(std::uint8_t type, std::string_view payload);

// Lossless: frame_from_json gives the same frame.
Result<json::Value> to_json(const Frame& frame);
Result<Frame> frame_from_json(const json::Value& value);
json::Value to_json(const Checkpoint& checkpoint);
json::Value to_json(const RecordingEnd& end);

// Where two values first differ, in the order of the first one's members: a JSON pointer; nothing where they are equal.
struct FirstDifference {
  std::string pointer;
  std::string before, after;  // for a person, clipped
};
std::vector<FirstDifference> first_difference(const json::Value& before, const json::Value& after);

}  // namespace lumenflow::bus
