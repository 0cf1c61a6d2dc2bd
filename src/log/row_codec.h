// The stored form of a Row's entries (docs/formats/log.md, "Row"). These bytes do not change within a format version.
//
// Pure functions; thread safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"
#include "log/log.h"

namespace lumenflow::log {

inline constexpr std::size_t kRowEntriesMax = 65'536;
inline constexpr std::size_t kRowBytesMax = 64u << 20;  // of all entries of one row
inline constexpr std::size_t kBodyBytesMax = 256u << 20;

// INVALID_INPUT: no entry, an empty one, or over a limit.
Status check_row(const Row& row);

// Replaces `blob` by the stored form and `leaves` by the leaf hash of each entry. The row has passed check_row.
void encode_row(const Row& row, std::string& blob, std::vector<Hash256>& leaves);

struct DecodedEntry {
  Hash256 leaf;
  std::string_view bytes;  // into the blob
};

// JOURNAL_DAMAGED for anything that encode_row does not write. Does not recompute the leaves.
Result<std::vector<DecodedEntry>> decode_row(std::string_view blob);

void append_varint(std::uint64_t value, std::string& out);  // LEB128
// Takes one from the front of `bytes`; nothing when it is cut short, longer than needed or over 64 bits.
std::optional<std::uint64_t> take_varint(std::string_view& bytes);

}  // namespace lumenflow::log
