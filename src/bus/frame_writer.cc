#include "bus/frame_writer.h"

#include <algorithm>

#include "base/encoding.h"
#include "bus/varint.h"

namespace lumenflow::bus {
namespace {

void append_counted(std::string_view text, std::string& out) {
  append_varint(text.size(), out);
  out.append(text);
}

}  // namespace

void FrameEvents::add(std::uint64_t order, std::uint32_t channel, std::string_view type, std::string_view payload) {
  ++count_;
  append_varint(order, bytes_);
  append_varint(channel, bytes_);
  append_counted(type, bytes_);
  append_counted(payload, bytes_);
}

void FrameEvents::clear() {
  count_ = 0;
  bytes_.clear();
}

void FrameRows::add(std::uint64_t first, const std::vector<std::string>& entries, std::string_view body) {
  ++count_;
  append_varint(first, bytes_);
  append_varint(entries.size(), bytes_);
  for (const std::string& entry : entries) append_counted(entry, bytes_);
  if (!body.empty()) {
    places_.push_back({bytes_.size(), body.size()});
    bodies_.append(body);
  }
  bytes_.append(Hash256().size(), '\0');
}

void FrameRows::seal() {
  std::string_view rest = bodies_;
  for (const Body& place : places_) {
    const Hash256 hash = sha256(rest.substr(0, place.size));
    std::ranges::copy(as_chars(hash), bytes_.begin() + static_cast<std::ptrdiff_t>(place.hash_at));
    rest.remove_prefix(place.size);
  }
  bodies_.clear();
  places_.clear();
}

void FrameRows::clear() {
  count_ = 0;
  bytes_.clear();
  bodies_.clear();
  places_.clear();
}

void append_frame(const FrameParts& parts, std::string& out) {
  append_varint(parts.tick, out);
  out.append(parts.manifest_hash);
  // Zigzag: the sign in the lowest bit.
  append_varint((static_cast<std::uint64_t>(parts.issued_at) << 1) ^ static_cast<std::uint64_t>(parts.issued_at >> 63),
                out);
  append_varint(parts.events->count(), out);
  out.append(parts.events->bytes());
  append_counted(parts.ingress, out);
  append_varint(parts.rows->count(), out);
  out.append(parts.rows->bytes());
  out.append(as_chars(parts.writes));
}

}  // namespace lumenflow::bus
