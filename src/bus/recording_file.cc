#include "bus/recording_file.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"

namespace lumenflow::bus {
namespace {

constexpr std::string_view kMagic = kRecordingMagic;
constexpr std::size_t kHeadBytes = kBlockHeadBytes;

}  // namespace

void write_block_head(std::uint8_t type, std::size_t payload_bytes, char* to) {
  *to++ = static_cast<char>(type);
  for (int shift = 0; shift < 32; shift += 8) *to++ = static_cast<char>((payload_bytes >> shift) & 0xFF);
}

void RecordingEncoder::seal(std::span<char> block) {
  const std::size_t sealed = block.size() - digest_.size();
  digest_ = sha256({as_chars(digest_), {block.data(), sealed}});
  std::ranges::copy(as_chars(digest_), block.begin() + static_cast<std::ptrdiff_t>(sealed));
}

std::string RecordingEncoder::add(const RecordingBlock& block) {
  const std::string payload = encode(block);
  std::string out(std::exchange(begun_, true) ? std::string_view() : kMagic);
  const std::size_t at = out.size();
  out.resize(at + kHeadBytes + payload.size() + digest_.size());
  write_block_head(static_cast<std::uint8_t>(block.index()), payload.size(), out.data() + at);
  std::ranges::copy(payload, out.begin() + static_cast<std::ptrdiff_t>(at + kHeadBytes));
  seal(std::span(out).subspan(at));
  return out;
}

Result<RecordingReader> RecordingReader::open(std::string_view bytes) {
  RecordingReader reader(bytes);
  if (!bytes.starts_with(kMagic.substr(0, kMagic.size() - 1)) || bytes.size() < kMagic.size())
    return Error(ErrorCode::kInvalidInput, "this is no recording");
  if (bytes[kMagic.size() - 1] != kMagic.back())
    return Error(ErrorCode::kUnsupportedFormat, "the recording was made by a later version of lumenflow");
  reader.at_ = kMagic.size();
  LUMENFLOW_TRY_ASSIGN(auto block, reader.read_block());
  if (!block || !std::holds_alternative<RecordingHeader>(*block))
    return Error(ErrorCode::kInvalidInput, "the recording breaks off within its header");
  reader.header_ = std::get<RecordingHeader>(*std::move(block));
  return reader;
}

// A block that is cut off, or the last one of the file with bytes that were never written, is the tail of a process
// that died; one with others behind it was changed.
Result<std::optional<RecordingBlock>> RecordingReader::read_block() {
  const std::string_view rest = bytes_.substr(at_);
  const auto torn = [this] {
    torn_ = true;
    return std::optional<RecordingBlock>();
  };
  if (rest.size() < kHeadBytes) return torn();
  std::uint64_t size = 0;
  for (std::size_t i = 0; i < 4; ++i) size |= std::uint64_t{static_cast<std::uint8_t>(rest[1 + i])} << (8 * i);
  const std::uint64_t whole = kHeadBytes + size + digest_.size();
  if (whole > rest.size()) return torn();
  const std::string_view head = rest.substr(0, kHeadBytes), payload = rest.substr(kHeadBytes, size);
  const Hash256 digest = sha256({as_chars(digest_), head, payload});
  const std::string where = "the block at byte " + std::to_string(at_) +
                            (last_tick_ == 0 ? std::string(", before the first frame")
                                             : ", after the frame of tick " + std::to_string(last_tick_));
  if (as_chars(digest) != rest.substr(kHeadBytes + size, digest.size())) {
    if (whole == rest.size()) return torn();
    return Error(ErrorCode::kInvalidInput, "the recording was changed: " + where + ", is not what was written");
  }
  Result<RecordingBlock> block = decode_block(static_cast<std::uint8_t>(rest[0]), payload);
  if (!block.ok()) return Error(ErrorCode::kInvalidInput, block.error().message() + ": " + where);
  digest_ = digest;
  at_ += whole;
  return std::optional(*std::move(block));
}

Result<std::optional<RecordingBlock>> RecordingReader::next() {
  if (ended_ || torn_) return std::optional<RecordingBlock>();
  if (at_ == bytes_.size()) {
    torn_ = true;
    return std::optional<RecordingBlock>();
  }
  LUMENFLOW_TRY_ASSIGN(auto block, read_block());
  if (!block) return block;
  if (const auto* frame = std::get_if<Frame>(&*block)) last_tick_ = frame->tick;
  if (std::holds_alternative<RecordingEnd>(*block)) ended_ = true;
  if (std::holds_alternative<RecordingHeader>(*block) || (ended_ && at_ != bytes_.size()))
    return Error(ErrorCode::kInvalidInput,
                 "the recording was changed: there is something behind where it ends, or a second header");
  return block;
}

}  // namespace lumenflow::bus
