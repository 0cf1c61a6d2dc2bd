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
}

void FrameMaker::make(FrameChunk& chunk, const Each& each) {
  char* const blocks = chunk.blocks_.data();
  const bus::FrameRows::Body* row = chunk.rows_.data();
  std::string_view to_hash = chunk.to_hash_.view();
  const auto hash_next = [&to_hash](std::size_t size, char* to) {
    const Hash256 hash = sha256(to_hash.substr(0, size));
    std::ranges::copy(as_chars(hash), to);
    to_hash.remove_prefix(size);
    return hash;
  };
  for (const FrameChunk::Frame& frame : chunk.frames_) {
    for (const bus::FrameRows::Body* const end = row + frame.rows; row != end; ++row)
      hash_next(row->size, blocks + frame.block.rows_at + row->hash_at);
    if (frame.writes != 0) {
      const Hash256 writes = hash_next(frame.writes, blocks + frame.block.writes_at);
      writes_ = sha256({as_chars(writes_), as_chars(writes)});
    }
    std::optional<bus::Checkpoint> checkpoint;
    if (frame.state)
      checkpoint = {frame.tick, sha256({as_chars(writes_), *frame.state}), manifest_hash_, contract_digest_};
    each({blocks + frame.block.at, frame.block.size}, checkpoint);
  }
}

}  // namespace lumenflow::kernel
