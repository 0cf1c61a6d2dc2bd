#include "log/row_codec.h"

#include <algorithm>
#include <cstring>

#include "base/encoding.h"
#include "log/merkle.h"

namespace lumenflow::log {
namespace {

constexpr char kRowFormat = 1;

Error malformed_row(std::string_view why) {
  return Error(ErrorCode::kJournalDamaged, "the row is malformed_row: " + std::string(why));
}

}  // namespace

void append_varint(std::uint64_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

std::optional<std::uint64_t> take_varint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size() && i < 10; ++i) {
    const auto byte = static_cast<std::uint8_t>(bytes[i]);
    if (i == 9 && byte > 1) return std::nullopt;
    value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
    if ((byte & 0x80) != 0) continue;
    if (byte == 0 && i > 0) return std::nullopt;
    bytes.remove_prefix(i + 1);
    return value;
  }
  return std::nullopt;
}

Status check_row(const Row& row) {
  if (row.entries.empty() || row.entries.size() > kRowEntriesMax)
    return Error(ErrorCode::kInvalidInput, "a row has 1 to " + std::to_string(kRowEntriesMax) + " entries, not " +
                                               std::to_string(row.entries.size()));
  std::size_t bytes = 0;
  for (const std::string& entry : row.entries) {
    if (entry.empty()) return Error(ErrorCode::kInvalidInput, "an entry is empty");
    bytes += entry.size();
    if (bytes > kRowBytesMax)
      return Error(ErrorCode::kInvalidInput, "the row is over " + std::to_string(kRowBytesMax) + " bytes");
  }
  if (row.body.size() > kBodyBytesMax)
    return Error(ErrorCode::kInvalidInput, "the body is over " + std::to_string(kBodyBytesMax) + " bytes");
  return {};
}

void encode_row(const Row& row, std::string& blob, std::vector<Hash256>& leaves) {
  blob.clear();
  leaves.clear();
  blob.push_back(kRowFormat);
  append_varint(row.entries.size(), blob);
  for (const std::string& entry : row.entries) {
    const Hash256& leaf = leaves.emplace_back(leaf_hash(entry));
    append_varint(entry.size(), blob);
    blob.append(as_chars(leaf));
    blob.append(entry);
  }
}

Result<std::vector<DecodedEntry>> decode_row(std::string_view blob) {
  if (blob.empty() || blob.front() != kRowFormat) return malformed_row("unknown row format");
  blob.remove_prefix(1);
  const std::optional<std::uint64_t> count = take_varint(blob);
  if (!count || *count == 0 || *count > kRowEntriesMax) return malformed_row("bad number of entries");
  std::vector<DecodedEntry> entries;
  entries.reserve(std::min<std::size_t>(*count, blob.size() / 34));
  for (std::uint64_t i = 0; i < *count; ++i) {
    const std::optional<std::uint64_t> size = take_varint(blob);
    if (!size || *size == 0 || blob.size() < 32 || *size > blob.size() - 32) return malformed_row("cut short");
    DecodedEntry& entry = entries.emplace_back();
    std::memcpy(entry.leaf.data(), blob.data(), 32);
    entry.bytes = blob.substr(32, *size);
    blob.remove_prefix(32 + *size);
  }
  if (!blob.empty()) return malformed_row("bytes after the last entry");
  return entries;
}

}  // namespace lumenflow::log
