// What a tick leaves to be recorded: as the strand fills it, handed over among others, and made a frame.
//
// Values. A raw frame never leaves the strand, whose processor has it in its cache: what is in it is copied behind
// those before it into memory that goes to and fro. Hashes are left to whoever makes the frames: the recorder's thread,
// or a replay.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
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
  bus::ByteBuffer ingress;
  bus::FrameRows rows;
  bus::ByteBuffer writes;            // to the journal's tables, as bytes
  std::optional<std::string> state;  // what the strand's state sums up to: a checkpoint follows the frame
  std::size_t bytes() const;
  void clear();  // keeps its memory
};

// Frames one behind the other, as a file has them, but for what is hashed.
class FrameChunk {
 public:
  void add(const RawFrame& raw, std::string_view manifest_hash);
  bool empty() const { return frames_.empty(); }
  std::size_t bytes() const { return blocks_.size() + to_hash_.size(); }
  std::size_t capacity() const { return blocks_.capacity() + to_hash_.capacity(); }
  void clear();  // keeps its memory

 private:
  friend class FrameMaker;
  struct Cursor {
    std::size_t frame = 0, row = 0, to_hash = 0;
  };
  struct Frame {
    std::uint64_t tick;
    bus::FrameBlock block;
    std::size_t rows, writes;  // how many rows have a body; how many bytes were written to tables
    std::optional<std::string> state;
  };
  std::vector<Frame> frames_;
  std::vector<bus::FrameRows::Body> rows_;  // of all frames that have a body; offsets into the rows of their own
  bus::ByteBuffer blocks_, to_hash_;        // to_hash_: of each frame the bodies, then what was written
  Cursor made_;                             // up to where they are made
};

// Makes frames and checkpoints of one recording, in order. One thread at a time.
class FrameMaker {
 public:
  FrameMaker(std::string manifest_hash, std::string contract_digest)
      : manifest_hash_(std::move(manifest_hash)), contract_digest_(std::move(contract_digest)) {}
  const std::string& manifest_hash() const { return manifest_hash_; }
  // Called for each frame: its block, which is whole but for its digest, and the checkpoint that follows, where there
  // is one. Blocks are one behind the other.
  using Each = std::function<void(std::span<char> block, const std::optional<bus::Checkpoint>& checkpoint)>;
  // The chunk's next frames, up to about so many bytes. How many bytes they were: 0 at its end.
  std::size_t make(FrameChunk& chunk, std::size_t bytes, const Each& each);

 private:
  const std::string manifest_hash_, contract_digest_;
  Hash256 writes_{};  // of all that was written to tables so far
};

// Who takes what is recorded. The strand calls it and never waits for it.
class FrameTaker {
 public:
  virtual ~FrameTaker() = default;
  // Copies what it needs. False when there is no room: the recording then ends before it.
  virtual bool take(const RawFrame& frame) = 0;
  // Nothing follows. `reason` and what was not captured are for a person.
  virtual void end(std::string reason, std::vector<std::string> not_captured) = 0;
};

}  // namespace lumenflow::kernel
