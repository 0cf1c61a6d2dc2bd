// The Merkle tree of RFC 9162 section 2.1 (the tree of RFC 6962): leaf 0x00 || entry, node 0x01 || left || right.
//
// Pure functions and an incremental frontier; no I/O. Not thread safe.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "base/sha256.h"
#include "lumenflow/result.h"

namespace lumenflow::log {

Hash256 leaf_hash(std::string_view entry);
Hash256 node_hash(const Hash256& left, const Hash256& right);
Hash256 empty_root();  // SHA-256 of nothing

// The roots of the complete subtrees at the right edge. Appending costs amortised one node hash.
class Frontier {
 public:
  Frontier() = default;
  // `roots` are those of the complete subtrees of a tree of `size` leaves, largest first.
  Frontier(std::uint64_t size, std::vector<Hash256> roots);
  // Appends to `tile_roots`, when given, the root of each subtree of height 8, 16, … that this leaf completed.
  void append(const Hash256& leaf, std::vector<Hash256>* tile_roots = nullptr);
  std::uint64_t size() const { return size_; }
  Hash256 root() const;
  const std::vector<Hash256>& roots() const { return roots_; }

 private:
  std::uint64_t size_ = 0;
  std::vector<Hash256> roots_;  // largest subtree first
};

// The root of the complete subtree of 2^height leaves that starts at leaf index `start` (a multiple of 2^height).
using SubtreeRoot = std::function<Result<Hash256>(unsigned height, std::uint64_t start)>;

Result<Hash256> root_of(std::uint64_t size, const SubtreeRoot& subtree);
Result<std::vector<Hash256>> build_inclusion_proof(std::uint64_t index, std::uint64_t size, const SubtreeRoot& subtree);
Result<std::vector<Hash256>> build_consistency_proof(std::uint64_t from, std::uint64_t to, const SubtreeRoot& subtree);

// RFC 9162 2.1.3.2 and 2.1.4.2. An empty tree is consistent with every other, by an empty proof.
bool verify_inclusion(const Hash256& leaf, std::uint64_t index, std::uint64_t size, std::span<const Hash256> proof,
                      const Hash256& root);
bool verify_consistency(std::uint64_t from, const Hash256& from_root, std::uint64_t to, const Hash256& to_root,
                        std::span<const Hash256> proof);

}  // namespace lumenflow::log
