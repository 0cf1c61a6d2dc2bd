#include "log/merkle.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/check.h"

namespace lumenflow::log {
namespace {

// The largest power of two below `n`; n >= 2.
std::uint64_t split_of(std::uint64_t n) { return std::bit_floor(n - 1); }

// The root over leaves [start, start + count), where `start` is where such a range begins in an RFC 9162 tree.
Result<Hash256> range_root(std::uint64_t start, std::uint64_t count, const SubtreeRoot& subtree) {
  if (std::has_single_bit(count)) return subtree(static_cast<unsigned>(std::countr_zero(count)), start);
  const std::uint64_t left_count = split_of(count);
  LUMENFLOW_TRY_ASSIGN(const Hash256 left, range_root(start, left_count, subtree));
  LUMENFLOW_TRY_ASSIGN(const Hash256 right, range_root(start + left_count, count - left_count, subtree));
  return node_hash(left, right);
}

Error out_of_range(std::string_view what, std::uint64_t value, std::uint64_t size) {
  return Error(ErrorCode::kInvalidInput, std::string(what) + " " + std::to_string(value) + " is not in a tree of " +
                                             std::to_string(size) + " entries");
}

}  // namespace

Hash256 leaf_hash(std::string_view entry) { return sha256({std::string_view("\0", 1), entry}); }

Hash256 node_hash(const Hash256& left, const Hash256& right) {
  char bytes[65];
  bytes[0] = 1;
  std::memcpy(bytes + 1, left.data(), 32);
  std::memcpy(bytes + 33, right.data(), 32);
  return sha256(std::string_view(bytes, sizeof bytes));
}

Hash256 empty_root() { return sha256(std::string_view()); }

Frontier::Frontier(std::uint64_t size, std::vector<Hash256> roots) : size_(size), roots_(std::move(roots)) {
  LUMENFLOW_CHECK(roots_.size() == static_cast<std::size_t>(std::popcount(size_)));
}

void Frontier::append(const Hash256& leaf, std::vector<Hash256>* tile_roots) {
  Hash256 hash = leaf;
  unsigned height = 0;
  for (std::uint64_t complete = size_; complete & 1; complete >>= 1) {
    hash = node_hash(roots_.back(), hash);
    roots_.pop_back();
    if (++height % 8 == 0 && tile_roots != nullptr) tile_roots->push_back(hash);
  }
  roots_.push_back(hash);
  ++size_;
}

Hash256 Frontier::root() const {
  if (roots_.empty()) return empty_root();
  Hash256 hash = roots_.back();
  for (std::size_t i = roots_.size() - 1; i-- > 0;) hash = node_hash(roots_[i], hash);
  return hash;
}

Result<Hash256> root_of(std::uint64_t size, const SubtreeRoot& subtree) {
  if (size == 0) return empty_root();
  return range_root(0, size, subtree);
}

Result<std::vector<Hash256>> build_inclusion_proof(std::uint64_t index, std::uint64_t size,
                                                   const SubtreeRoot& subtree) {
  if (index >= size) return out_of_range("leaf", index, size);
  std::vector<Hash256> proof;  // RFC 9162 2.1.3.1, from the root down; turned round at the end
  std::uint64_t start = 0;
  for (std::uint64_t count = size; count > 1;) {
    const std::uint64_t left_count = split_of(count);
    const bool in_left = index < start + left_count;
    const std::uint64_t sibling = in_left ? start + left_count : start;
    LUMENFLOW_TRY_ASSIGN(Hash256 hash, range_root(sibling, in_left ? count - left_count : left_count, subtree));
    proof.push_back(hash);
    if (!in_left) start += left_count;
    count = in_left ? left_count : count - left_count;
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

Result<std::vector<Hash256>> build_consistency_proof(std::uint64_t from, std::uint64_t to, const SubtreeRoot& subtree) {
  if (from > to) return out_of_range("size", from, to);
  std::vector<Hash256> proof;  // RFC 9162 2.1.4.1, from the root down; turned round at the end
  if (from == 0 || from == to) return proof;
  std::uint64_t start = 0;
  std::uint64_t count = to;
  while (from - start != count) {
    const std::uint64_t left_count = split_of(count);
    const bool in_left = from - start <= left_count;
    const std::uint64_t sibling = in_left ? start + left_count : start;
    LUMENFLOW_TRY_ASSIGN(Hash256 hash, range_root(sibling, in_left ? count - left_count : left_count, subtree));
    proof.push_back(hash);
    if (!in_left) start += left_count;
    count = in_left ? left_count : count - left_count;
  }
  if (start != 0) {  // the verifier knows the old root, so it is given only where that is not this very subtree
    LUMENFLOW_TRY_ASSIGN(Hash256 hash, range_root(start, count, subtree));
    proof.push_back(hash);
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

bool verify_inclusion(const Hash256& leaf, std::uint64_t index, std::uint64_t size, std::span<const Hash256> proof,
                      const Hash256& root) {
  if (index >= size) return false;
  std::uint64_t fn = index;
  std::uint64_t sn = size - 1;
  Hash256 hash = leaf;
  for (const Hash256& step : proof) {
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      hash = node_hash(step, hash);
      while ((fn & 1) == 0 && fn != 0) fn >>= 1, sn >>= 1;
    } else {
      hash = node_hash(hash, step);
    }
    fn >>= 1, sn >>= 1;
  }
  return sn == 0 && hash == root;
}

bool verify_consistency(std::uint64_t from, const Hash256& from_root, std::uint64_t to, const Hash256& to_root,
                        std::span<const Hash256> proof) {
  if (from > to) return false;
  if (from == to) return proof.empty() && from_root == to_root;
  if (from == 0) return proof.empty() && from_root == empty_root();
  const bool old_root_implied = std::has_single_bit(from);
  if (!old_root_implied && proof.empty()) return false;
  const Hash256 first = old_root_implied ? from_root : proof.front();
  if (!old_root_implied) proof = proof.subspan(1);
  std::uint64_t fn = from - 1;
  std::uint64_t sn = to - 1;
  while (fn & 1) fn >>= 1, sn >>= 1;
  Hash256 old_hash = first;
  Hash256 new_hash = first;
  for (const Hash256& step : proof) {
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      old_hash = node_hash(step, old_hash);
      new_hash = node_hash(step, new_hash);
      while ((fn & 1) == 0 && fn != 0) fn >>= 1, sn >>= 1;
    } else {
      new_hash = node_hash(new_hash, step);
    }
    fn >>= 1, sn >>= 1;
  }
  return sn == 0 && old_hash == from_root && new_hash == to_root;
}

}  // namespace lumenflow::log
