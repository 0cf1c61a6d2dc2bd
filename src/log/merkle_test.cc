#include "log/merkle.h"

#include <gtest/gtest.h>

#include <bit>
#include <string>

#include "base/encoding.h"

namespace lumenflow::log {
namespace {

// RFC 9162 section 2.1.1, as it is written down.
Hash256 naive_root(std::span<const std::string> entries) {
  if (entries.empty()) return sha256("");
  if (entries.size() == 1) return sha256(std::string(1, '\0') + entries[0]);
  const std::size_t k = std::bit_floor(entries.size() - 1);
  const Hash256 left = naive_root(entries.first(k));
  const Hash256 right = naive_root(entries.subspan(k));
  return sha256(std::string(1, '\1') + std::string(as_chars(left)) + std::string(as_chars(right)));
}

class Merkle : public testing::Test {
 protected:
  static constexpr std::uint64_t kEntries = 300;

  Merkle() {
    for (std::uint64_t i = 0; i < kEntries; ++i) entries_.push_back("entry " + std::to_string(i));
    for (std::uint64_t n = 0; n <= kEntries; ++n) roots_.push_back(naive_root(std::span(entries_).first(n)));
  }
  SubtreeRoot subtrees() const {
    return [this](unsigned height, std::uint64_t start) -> Result<Hash256> {
      return naive_root(std::span(entries_).subspan(start, std::size_t{1} << height));
    };
  }

  std::vector<std::string> entries_;
  std::vector<Hash256> roots_;  // by size
};

TEST_F(Merkle, KnownRoots) {
  EXPECT_EQ(to_hex(empty_root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(leaf_hash("")), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

TEST_F(Merkle, FrontierHasTheRootOfTheRecursiveDefinition) {
  Frontier frontier;
  EXPECT_EQ(frontier.root(), roots_[0]);
  for (std::uint64_t n = 1; n <= kEntries; ++n) {
    frontier.append(leaf_hash(entries_[n - 1]));
    ASSERT_EQ(frontier.root(), roots_[n]) << n;
    ASSERT_EQ(Frontier(n, frontier.roots()).root(), roots_[n]) << n;
    ASSERT_EQ(*root_of(n, subtrees()), roots_[n]) << n;
  }
}

TEST_F(Merkle, EveryInclusionProofVerifiesAndNoneForAnotherPlace) {
  const auto flat = subtrees();
  for (std::uint64_t size = 1; size <= kEntries; size += size < 70 ? 1 : 23) {
    for (std::uint64_t index = 0; index < size; ++index) {
      const Hash256 leaf = leaf_hash(entries_[index]);
      const auto proof = build_inclusion_proof(index, size, flat);
      ASSERT_TRUE(proof.ok());
      ASSERT_TRUE(verify_inclusion(leaf, index, size, *proof, roots_[size])) << index << " of " << size;
      ASSERT_FALSE(verify_inclusion(leaf, index, size, *proof, roots_[size - 1]));
      ASSERT_FALSE(size > 1 && verify_inclusion(leaf, (index + 1) % size, size, *proof, roots_[size]));
      ASSERT_FALSE(verify_inclusion(leaf_hash("other"), index, size, *proof, roots_[size]));
    }
  }
}

TEST_F(Merkle, InclusionProofsForTheLastSizes) {
  const auto flat = subtrees();
  for (std::uint64_t size = 1; size <= kEntries; ++size) {
    for (const std::uint64_t index : {std::uint64_t{0}, size / 3, size / 2, size - 1}) {
      const auto proof = build_inclusion_proof(index, size, flat);
      ASSERT_TRUE(verify_inclusion(leaf_hash(entries_[index]), index, size, *proof, roots_[size]))
          << index << " of " << size;
    }
  }
}

TEST_F(Merkle, AlteredInclusionProofsFail) {
  const std::uint64_t size = 77;
  for (std::uint64_t index = 0; index < size; ++index) {
    const auto proof = *build_inclusion_proof(index, size, subtrees());
    const Hash256 leaf = leaf_hash(entries_[index]);
    for (std::size_t i = 0; i < proof.size(); ++i) {
      auto flipped = proof;
      flipped[i][i % 32] ^= 1;
      EXPECT_FALSE(verify_inclusion(leaf, index, size, flipped, roots_[size]));
      auto dropped = proof;
      dropped.erase(dropped.begin() + static_cast<std::ptrdiff_t>(i));
      EXPECT_FALSE(verify_inclusion(leaf, index, size, dropped, roots_[size]));
    }
    auto longer = proof;
    longer.push_back(leaf);
    EXPECT_FALSE(verify_inclusion(leaf, index, size, longer, roots_[size]));
    EXPECT_FALSE(verify_inclusion(leaf, size, size, proof, roots_[size]));
  }
}

TEST_F(Merkle, EveryConsistencyProofVerifiesAndAlteredOnesFail) {
  for (std::uint64_t to = 0; to <= 120; ++to) {
    for (std::uint64_t from = 0; from <= to; ++from) {
      const auto proof = build_consistency_proof(from, to, subtrees());
      ASSERT_TRUE(proof.ok());
      ASSERT_TRUE(verify_consistency(from, roots_[from], to, roots_[to], *proof)) << from << " to " << to;
      if (from == to || from == 0) continue;  // an empty tree is consistent with any
      ASSERT_FALSE(verify_consistency(from, roots_[from], to, roots_[to + 1], *proof));
      ASSERT_FALSE(verify_consistency(from, roots_[from + 1], to, roots_[to], *proof)) << from << " to " << to;
      for (std::size_t i = 0; i < proof->size(); ++i) {
        auto flipped = *proof;
        flipped[i][3] ^= 0x80;
        ASSERT_FALSE(verify_consistency(from, roots_[from], to, roots_[to], flipped));
        auto dropped = *proof;
        dropped.erase(dropped.begin() + static_cast<std::ptrdiff_t>(i));
        ASSERT_FALSE(verify_consistency(from, roots_[from], to, roots_[to], dropped));
      }
    }
  }
}

TEST_F(Merkle, ProofsOutOfRangeAreRefused) {
  EXPECT_EQ(build_inclusion_proof(5, 5, subtrees()).error().code(), ErrorCode::kInvalidInput);
  EXPECT_EQ(build_consistency_proof(6, 5, subtrees()).error().code(), ErrorCode::kInvalidInput);
  EXPECT_FALSE(verify_consistency(6, roots_[6], 5, roots_[5], {}));
}

}  // namespace
}  // namespace lumenflow::log
