#include "bus/frame_writer.h"

#include "bus/recording_file.h"

namespace lumenflow::bus {

void FrameEvents::add(std::uint64_t order, std::uint32_t channel, std::string_view type,
                      std::initializer_list<std::string_view> payload) {
  ++count_;
  bytes_.append_varint(order);
  bytes_.append_varint(channel);
  bytes_.append_counted(type);
  std::size_t size = 0;
  for (const std::string_view piece : payload) size += piece.size();
  bytes_.append_varint(size);
  for (const std::string_view piece : payload) bytes_.append(piece);
}

void FrameEvents::clear() {
  count_ = 0;
  bytes_.clear();
}

void FrameRows::add(std::uint64_t first, const std::vector<std::string>& entries, std::string_view body) {
  ++count_;
  bytes_.append_varint(first);
  bytes_.append_varint(entries.size());
  for (const std::string& entry : entries) bytes_.append_counted(entry);
  if (!body.empty()) {
    to_hash_.push_back({bytes_.size(), body.size()});
    bodies_.append(body);
  }
  bytes_.append_zeros(Hash256().size());
}

void FrameRows::clear() {
  count_ = 0;
  bytes_.clear();
  bodies_.clear();
  to_hash_.clear();
}

FrameBlock append_frame_block(const FrameParts& parts, ByteBuffer& out) {
  FrameBlock block;
  block.at = out.size();
  out.append_zeros(kBlockHeadBytes);
  out.append_varint(parts.tick);
  out.append(parts.manifest_hash);
  // Zigzag: the sign in the lowest bit.
  out.append_varint((static_cast<std::uint64_t>(parts.issued_at) << 1) ^
                    static_cast<std::uint64_t>(parts.issued_at >> 63));
  out.append_varint(parts.events->count());
  out.append(parts.events->bytes());
  out.append_counted(parts.ingress);
  out.append_varint(parts.rows->count());
  block.rows_at = out.size();
  out.append(parts.rows->bytes());
  block.writes_at = out.size();
  out.append_zeros(Hash256().size());
  out.append_zeros(Hash256().size());  // the digest
  block.size = out.size() - block.at;
  write_block_head(kFrameBlock, block.size - kBlockHeadBytes - Hash256().size(), out.data() + block.at);
  return block;
}

}  // namespace lumenflow::bus
