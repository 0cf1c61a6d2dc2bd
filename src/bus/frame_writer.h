// Frames for whoever makes many: events and rows are written at once as the frame has them, one after the other into
// one string, and nothing is taken apart to be put together again. What comes out are the bytes of encode(Frame).
//
// Values. A cleared one keeps its memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"
#include "bus/recording.h"

namespace lumenflow::bus {

class FrameEvents {
 public:
  // `payload`: canonical JSON.
  void add(std::uint64_t order, std::uint32_t channel, std::string_view type, std::string_view payload);
  std::uint64_t count() const { return count_; }
  const std::string& bytes() const { return bytes_; }
  void clear();

 private:
  std::uint64_t count_ = 0;
  std::string bytes_;
};

class FrameRows {
 public:
  void add(std::uint64_t first, const std::vector<std::string>& entries, std::string_view body);
  // Hashes the bodies and forgets them: what is left to be done by whoever has the time for it.
  void seal();
  std::uint64_t count() const { return count_; }
  std::size_t size() const { return bytes_.size() + bodies_.size(); }
  const std::string& bytes() const { return bytes_; }  // once it is sealed
  void clear();

 private:
  struct Body {
    std::size_t hash_at, size;  // where its hash goes, and how long it is
  };
  std::uint64_t count_ = 0;
  std::string bytes_, bodies_;  // the bodies in a row
  std::vector<Body> places_;
};

struct FrameParts {
  std::uint64_t tick = 0;
  std::string_view manifest_hash;
  std::int64_t issued_at = 0;
  const FrameEvents* events;
  std::string_view ingress;
  const FrameRows* rows;  // sealed
  Hash256 writes{};
};
// Appends the payload of the frame's block.
void append_frame(const FrameParts& parts, std::string& out);

}  // namespace lumenflow::bus
