#include "kernel/raw_frame.h"

#include "base/encoding.h"
#include "base/sha256.h"

namespace lumenflow::kernel {

std::size_t RawFrame::bytes() const {
  return sizeof(RawFrame) + ingress.size() + writes.size() + events.bytes().size() + rows.size();
}

void RawFrame::clear() {
  events.clear();
  ingress.clear();
  rows.clear();
  writes.clear();
  state.reset();
}

std::string_view FrameMaker::frame(RawFrame& raw) {
  raw.rows.seal();
  bus::FrameParts parts;
  parts.tick = raw.tick;
  parts.manifest_hash = manifest_hash_;
  parts.issued_at = raw.issued_at;
  parts.events = &raw.events;
  parts.ingress = raw.ingress;
  parts.rows = &raw.rows;
  if (!raw.writes.empty()) {
    parts.writes = sha256(raw.writes);
    writes_ = sha256({as_chars(writes_), as_chars(parts.writes)});
  }
  payload_.clear();
  bus::append_frame(parts, payload_);
  return payload_;
}

std::optional<bus::Checkpoint> FrameMaker::checkpoint(const RawFrame& raw) const {
  if (!raw.state) return std::nullopt;
  return bus::Checkpoint{raw.tick, sha256({as_chars(writes_), *raw.state}), manifest_hash_, contract_digest_};
}

}  // namespace lumenflow::kernel
