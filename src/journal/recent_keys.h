// Fingerprints in order of arrival, and where each of them stands: a hash table of offsets over a list.
//
// Twelve to sixteen bytes a key, and one allocation each for the list and the table. Values; not thread safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lumenflow::journal {

class RecentKeys {
 public:
  void add(std::uint64_t fingerprint);
  // Where it stands, oldest first; empty when it is not there.
  std::vector<std::uint32_t> offsets_of(std::uint64_t fingerprint) const;
  const std::vector<std::uint64_t>& fingerprints() const { return fingerprints_; }
  std::size_t size() const { return fingerprints_.size(); }
  void clear();

 private:
  void insert(std::uint32_t offset);
  std::vector<std::uint64_t> fingerprints_;
  std::vector<std::uint32_t> slots_;  // offset + 1, or 0: free; a power of two of them, at most half taken
};

}  // namespace lumenflow::journal
