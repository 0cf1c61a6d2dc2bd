// A blocked Bloom filter over fingerprints of a known number of keys: two bytes a key, one cache line a question.
//
// Every fingerprint belongs to one block of 64 bytes and sets one bit in each of its eight words. A fingerprint that
// was added is always found; another is found about once in a thousand times. Values; not thread safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lumenflow::journal {

class KeyFilter {
 public:
  explicit KeyFilter(std::size_t keys);  // a power of two, at least 32
  // As bytes() gave them; nothing when they are not those of a filter for `keys`.
  static std::optional<KeyFilter> from_bytes(std::size_t keys, std::string_view bytes);

  void add(std::uint64_t fingerprint);
  bool may_hold(std::uint64_t fingerprint) const;
  std::string bytes() const;  // docs/formats/journal.md

 private:
  static constexpr std::size_t kBlockWords = 8;
  std::size_t block_of(std::uint64_t fingerprint) const;  // index of its first word
  int block_bits_;
  std::vector<std::uint64_t> words_;
};

}  // namespace lumenflow::journal
