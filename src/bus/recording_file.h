// A recording as bytes: blocks in a row, each sealed with a digest that covers all before it.
//
// The encoder makes the bytes that a file gets; the reader takes them apart, strictly and within limits. A file that
// ends in the middle of a block is read up to the block before. Neither touches a file. One thread each.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bus/recording.h"

namespace lumenflow::bus {

inline constexpr std::string_view kRecordingMagic{"LMFREC\0\1", 8};  // its last byte is the format's version
inline constexpr std::uint64_t kRecordingBytesMax = std::uint64_t{1} << 30;

// A block: its type, the payload's length in four bytes, the lowest first; the payload; the digest.
inline constexpr std::size_t kBlockHeadBytes = 5;
inline constexpr std::uint8_t kFrameBlock = 1;
void write_block_head(std::uint8_t type, std::size_t payload_bytes, char* to);

class RecordingEncoder {
 public:
  // The bytes that come next; the header first, with what stands before it.
  std::string add(const RecordingBlock& block);
  // The block that comes next, which is there but for its digest (frame_writer.h): that goes into its last 32 bytes.
  void seal(std::span<char> block);
  const Hash256& digest() const { return digest_; }  // of all so far

 private:
  Hash256 digest_{};
  bool begun_ = false;
};

class RecordingReader {
 public:
  // INVALID_INPUT where it is no recording or has no whole header, UNSUPPORTED_FORMAT where a later version wrote it.
  // Borrows the bytes.
  static Result<RecordingReader> open(std::string_view bytes);

  const RecordingHeader& header() const { return header_; }
  // Nothing at the end. INVALID_INPUT for a block that is not what was written: where, and after which tick.
  Result<std::optional<RecordingBlock>> next();
  // Once next() said nothing: whether the file breaks off before the recording was ended.
  bool torn() const { return torn_; }
  std::uint64_t last_tick() const { return last_tick_; }
  std::size_t offset() const { return at_; }

 private:
  explicit RecordingReader(std::string_view bytes) : bytes_(bytes) {}
  Result<std::optional<RecordingBlock>> read_block();
  std::string_view bytes_;
  std::size_t at_ = 0;
  Hash256 digest_{};
  RecordingHeader header_;
  std::uint64_t last_tick_ = 0;
  bool ended_ = false, torn_ = false;
};

}  // namespace lumenflow::bus
