#include "bus/recording_file.h"

#include <utility>

#include "base/encoding.h"

namespace lumenflow::bus {
namespace {

constexpr std::string_view kMagic = kRecordingMagic;
constexpr std::size_t kHeadBytes = 5;  // type, and the payload's length in four bytes, the lowest first

}  // namespace

void RecordingEncoder::seal(std::uint8_t type, std::string_view payload, std::string& out) {
  const std::size_t at = out.size();
  out.push_back(static_cast<char>(type));
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<char>((payload.size() >> shift) & 0xFF));
  digest_ = sha256({as_chars(digest_), std::string_view(out).substr(at), payload});
  out.append(payload).append(as_chars(digest_));
}

std::string RecordingEncoder::add(const RecordingBlock& block) {
  const std::string payload = encode(block);
  std::string out;
  out.reserve(payload.size() + kHeadBytes + digest_.size() + kMagic.size());
  if (!std::exchange(begun_, true)) out.append(kMagic);
  seal(static_cast<std::uint8_t>(block.index()), payload, out);
  return out;
}

void RecordingEncoder::add_frame(std::string_view payload, std::string& out) {
  constexpr std::uint8_t kFrame = 1;
  seal(kFrame, payload, out);
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
