// Frames for whoever makes many: events and rows are written at once as the frame has them, one after the other into
// one buffer, and nothing is taken apart to be put together again. What comes out are the bytes of encode(Frame).
//
// Values. A cleared one keeps its memory.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"
#include "bus/byte_buffer.h"
#include "bus/recording.h"

namespace lumenflow::bus {

class FrameEvents {
 public:
  // `payload`: canonical JSON, in pieces.
  void add(std::uint64_t order, std::uint32_t channel, std::string_view type,
           std::initializer_list<std::string_view> payload);
  std::uint64_t count() const { return count_; }
  std::string_view bytes() const { return bytes_.view(); }
  void clear();

 private:
  std::uint64_t count_ = 0;
  ByteBuffer bytes_;
};

class FrameRows {
 public:
  // What has to be hashed yet: where in bytes() the hash goes, and how many of bodies() it is of.
  struct Body {
    std::size_t hash_at, size;
  };

  void add(std::uint64_t first, const std::vector<std::string>& entries, std::string_view body);
  std::uint64_t count() const { return count_; }
  std::string_view bytes() const { return bytes_.view(); }    // with zeros where hashes go
  std::string_view bodies() const { return bodies_.view(); }  // in a row
  const std::vector<Body>& to_hash() const { return to_hash_; }
  void clear();

 private:
  std::uint64_t count_ = 0;
  ByteBuffer bytes_, bodies_;
  std::vector<Body> to_hash_;
};

struct FrameParts {
  std::uint64_t tick = 0;
  std::string_view manifest_hash;
  std::int64_t issued_at = 0;
  const FrameEvents* events;
  std::string_view ingress;
  const FrameRows* rows;
};
// A frame's block in a buffer: zeros are where the hashes of the rows and of what was written to tables go, and
// the digest. Offsets into the buffer.
struct FrameBlock {
  std::size_t at = 0, size = 0;  // with head and digest (recording_file.h)
  std::size_t rows_at = 0;       // where bytes() of the rows are
  std::size_t writes_at = 0;     // where the hash of what was written goes
};
FrameBlock append_frame_block(const FrameParts& parts, ByteBuffer& out);

}  // namespace lumenflow::bus
