#include "journal/key_filter.h"

#include <bit>
#include <cstring>

#include "base/check.h"

namespace lumenflow::journal {
namespace {

constexpr std::size_t kKeysPerBlock = 32;
static_assert(std::endian::native == std::endian::little, "the stored words are little-endian");

// Six bits of the fingerprint choose the bit in the word; the blocks use others, at the upper end.
std::uint64_t bit_in_word(std::uint64_t fingerprint, std::size_t word) {
  return std::uint64_t{1} << (fingerprint >> (6 * word) & 63);
}

}  // namespace

KeyFilter::KeyFilter(std::size_t keys)
    : block_bits_(std::countr_zero(keys / kKeysPerBlock)), words_(keys / kKeysPerBlock * kBlockWords) {
  LUMENFLOW_CHECK(std::has_single_bit(keys) && keys >= kKeysPerBlock);
}

std::optional<KeyFilter> KeyFilter::from_bytes(std::size_t keys, std::string_view bytes) {
  KeyFilter filter(keys);
  if (bytes.size() != filter.words_.size() * sizeof(std::uint64_t)) return std::nullopt;
  std::memcpy(filter.words_.data(), bytes.data(), bytes.size());
  return filter;
}

std::size_t KeyFilter::block_of(std::uint64_t fingerprint) const {
  return block_bits_ == 0 ? 0 : static_cast<std::size_t>(fingerprint >> (64 - block_bits_)) * kBlockWords;
}

void KeyFilter::add(std::uint64_t fingerprint) {
  const std::size_t block = block_of(fingerprint);
  for (std::size_t i = 0; i < kBlockWords; ++i) words_[block + i] |= bit_in_word(fingerprint, i);
}

bool KeyFilter::may_hold(std::uint64_t fingerprint) const {
  const std::size_t block = block_of(fingerprint);
  for (std::size_t i = 0; i < kBlockWords; ++i)
    if ((words_[block + i] & bit_in_word(fingerprint, i)) == 0) return false;
  return true;
}

std::string KeyFilter::bytes() const {
  return {reinterpret_cast<const char*>(words_.data()), words_.size() * sizeof(std::uint64_t)};
}

}  // namespace lumenflow::journal
