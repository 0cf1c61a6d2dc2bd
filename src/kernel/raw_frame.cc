#include "kernel/raw_frame.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/sha256.h"

namespace lumenflow::kernel {

std::size_t RawFrame::bytes() const {
  return events.bytes().size() + ingress.size() + rows.bytes().size() + rows.bodies().size() + writes.size();
}

void RawFrame::clear() {
  events.clear();
  ingress.clear();
  rows.clear();
  writes.clear();
  state.reset();
}

void FrameChunk::add(const RawFrame& raw, std::string_view manifest_hash) {
  const bus::FrameBlock block = bus::append_frame_block(
      {raw.tick, manifest_hash, raw.issued_at, &raw.events, raw.ingress.view(), &raw.rows}, blocks_);
  const auto& bodies = raw.rows.to_hash();
  rows_.insert(rows_.end(), bodies.begin(), bodies.end());
  to_hash_.append(raw.rows.bodies());
  to_hash_.append(raw.writes.view());
  frames_.push_back({raw.tick, block, bodies.size(), raw.writes.size(), raw.state});
}

void FrameChunk::clear() {
  frames_.clear();
  rows_.clear();
  blocks_.clear();
  to_hash_.clear();
  made_ = {};
}

std::size_t FrameMaker::make(FrameChunk& chunk, std::size_t bytes, const Each& each) {
  char* const blocks = chunk.blocks_.data();
  FrameChunk::Cursor& at = chunk.made_;
  const auto hash_next = [&chunk, &at](std::size_t size, char* to) {
    const Hash256 hash = sha256(chunk.to_hash_.view().substr(at.to_hash, size));
    std::ranges::copy(as_chars(hash), to);
    at.to_hash += size;
    return hash;
  };
  std::size_t made = 0;
  while (made < bytes && at.frame < chunk.frames_.size()) {
    const FrameChunk::Frame& frame = chunk.frames_[at.frame++];
    for (const std::size_t end = at.row + frame.rows; at.row != end; ++at.row) {
      const bus::FrameRows::Body& row = chunk.rows_[at.row];
      hash_next(row.size, blocks + frame.block.rows_at + row.hash_at);
    }
    if (frame.writes != 0) {
      const Hash256 writes = hash_next(frame.writes, blocks + frame.block.writes_at);
      writes_ = sha256({as_chars(writes_), as_chars(writes)});
    }
    std::optional<bus::Checkpoint> checkpoint;
    if (frame.state)
      checkpoint = {frame.tick, sha256({as_chars(writes_), *frame.state}), manifest_hash_, contract_digest_};
    each({blocks + frame.block.at, frame.block.size}, checkpoint);
    made += frame.block.size;
  }
  return made;
}

}  // namespace lumenflow::kernel
