#include "journal/recent_keys.h"

#include <algorithm>

namespace lumenflow::journal {
namespace {

constexpr std::size_t kSlotsMin = 256;

}  // namespace

void RecentKeys::add(std::uint64_t fingerprint) {
  fingerprints_.push_back(fingerprint);
  if (fingerprints_.size() * 2 <= slots_.size()) return insert(static_cast<std::uint32_t>(fingerprints_.size() - 1));
  slots_.assign(std::max(kSlotsMin, slots_.size() * 2), 0);
  for (std::uint32_t offset = 0; offset < fingerprints_.size(); ++offset) insert(offset);
}

// Linear probing. A fingerprint is the start of a SHA-256, so its low bits need no further mixing.
void RecentKeys::insert(std::uint32_t offset) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = fingerprints_[offset] & mask;
  while (slots_[slot] != 0) slot = (slot + 1) & mask;
  slots_[slot] = offset + 1;
}

std::vector<std::uint32_t> RecentKeys::offsets_of(std::uint64_t fingerprint) const {
  std::vector<std::uint32_t> found;
  if (slots_.empty()) return found;
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = fingerprint & mask; slots_[slot] != 0; slot = (slot + 1) & mask)
    if (fingerprints_[slots_[slot] - 1] == fingerprint) found.push_back(slots_[slot] - 1);
  return found;
}

void RecentKeys::clear() {
  fingerprints_.clear();
  std::fill(slots_.begin(), slots_.end(), 0);
}

}  // namespace lumenflow::journal
