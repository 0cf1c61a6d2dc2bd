// What a tick leaves to be recorded, as the strand hands it over, and the frame that it becomes.
//
// Values. The strand fills it with copies alone, into few strings that come back to it; hashes are left to whoever
// makes the frame: the recorder's thread, or a replay.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bus/frame_writer.h"
#include "bus/recording.h"

namespace lumenflow::kernel {

struct RawFrame {
  std::uint64_t tick = 0;
  std::int64_t issued_at = 0;
  bus::FrameEvents events;
  std::string ingress;
  bus::FrameRows rows;
  std::string writes;                // to the journal's tables, as bytes
  std::optional<std::string> state;  // what the strand's state sums up to: a checkpoint follows the frame
  std::size_t bytes() const;         // about, in memory
  void clear();                      // keeps its memory
};

// Makes frames and checkpoints of one recording, in order. One thread.
class FrameMaker {
 public:
  FrameMaker(std::string manifest_hash, std::string contract_digest)
      : manifest_hash_(std::move(manifest_hash)), contract_digest_(std::move(contract_digest)) {}
  // The payload of the frame's block; until the next one.
  std::string_view frame(RawFrame& raw);
  // After its frame; nothing where the raw frame asks for none.
  std::optional<bus::Checkpoint> checkpoint(const RawFrame& raw) const;

 private:
  const std::string manifest_hash_, contract_digest_;
  std::string payload_;
  Hash256 writes_{};  // of all that was written to tables so far
};

// Who takes what is recorded. The strand calls it and never waits for it.
class FrameTaker {
 public:
  virtual ~FrameTaker() = default;
  // Takes it, and leaves a cleared one in its place. False when there is no room: the recording then ends before it.
  virtual bool take(RawFrame& frame) = 0;
  // Nothing follows. `reason` and what was not captured are for a person.
  virtual void end(std::string reason, std::vector<std::string> not_captured) = 0;
};

}  // namespace lumenflow::kernel
