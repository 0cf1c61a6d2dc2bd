#include "log/witness.h"

#include <gtest/gtest.h>

#include <string>

#include "log/merkle.h"

namespace lumenflow::log {
namespace {

constexpr std::string_view kName = "conductor.example";
// Made with another program's Ed25519 from the formats alone: the golden checkpoint of docs/formats/log.md, co-signed
// with the seed of 32 bytes `w`, 1,700,000,000 seconds after 1970.
constexpr std::string_view kGoldenKey = "conductor.example+c6a95cca+BMhTrQ8M0rYZrqks7sT9VqJNZJnVhM55JX5Fz9gTm2Cn";
constexpr std::string_view kGoldenLine =
    "\xe2\x80\x94 conductor.example xqlcygAAAABlU/EAtZpUzopzhiNVcjyUFZXXZN85LUJdAO6tc"
    "s2229oqBophX7ZKvsR08VDY6ARM8gCsMZmXqrnfiOeyG0/xmsXMCA==\n";

class Witnesses : public testing::Test {
 protected:
  Witnesses() {
    for (int n = 1; n <= 12; ++n) leaves_.push_back(leaf_hash("entry " + std::to_string(n)));
  }
  Head head(std::uint64_t size, std::string log_id = "log-a") const {
    return {std::move(log_id), size, *root_of(size, subtrees())};
  }
  SubtreeRoot subtrees() const {
    return [this](unsigned height, std::uint64_t start) -> Result<Hash256> { return subtree(height, start); };
  }
  Hash256 subtree(unsigned height, std::uint64_t start) const {
    if (height == 0) return leaves_[start];
    return node_hash(subtree(height - 1, start), subtree(height - 1, start + (std::uint64_t{1} << (height - 1))));
  }
  Result<std::string> sign(const Head& of, const std::optional<Head>& last,
                           const std::vector<Hash256>& proof = {}) const {
    return cosign(sign_checkpoint(of, log_key_), last, proof, kName, key_, now_);
  }
  std::string refusal(const Head& of, const std::optional<Head>& last, const std::vector<Hash256>& proof = {}) const {
    const auto note = sign(of, last, proof);
    return note.ok() ? "signed" : std::string(lumenflow::name(note.error().code()));
  }

  std::vector<Hash256> leaves_;
  const Ed25519KeyPair log_key_ = ed25519_from_seed(std::string(32, 'k'));
  const Ed25519KeyPair key_ = ed25519_from_seed(std::string(32, 'w'));
  const WitnessKey pinned_{std::string(kName), key_.public_key};
  const Timestamp now_{1'700'000'000'000};
};

TEST_F(Witnesses, GoldenBytes) {
  EXPECT_EQ(witness_key(kName, key_.public_key), kGoldenKey);
  const Head golden{"log-a", 1234, leaf_hash("root")};
  const auto note = sign(golden, std::nullopt);
  ASSERT_TRUE(note.ok()) << note.error().to_string();
  EXPECT_EQ(*note, sign_checkpoint(golden, log_key_).note + std::string(kGoldenLine));
}

TEST_F(Witnesses, AddToANoteThatStaysTheLogs) {
  const auto note = sign(head(5), std::nullopt);
  ASSERT_TRUE(note.ok());
  EXPECT_TRUE(parse_checkpoint(*note, log_key_.public_key).ok());
  EXPECT_EQ(*cosigned_at(*note, pinned_), now_);
  EXPECT_EQ(*cosigned_at(sign_checkpoint(head(5), log_key_).note, pinned_), std::nullopt);
  const WitnessKey another{std::string(kName), ed25519_from_seed(std::string(32, 'x')).public_key};
  EXPECT_EQ(*cosigned_at(*note, another), std::nullopt) << "of the same name";
}

TEST_F(Witnesses, SignWhatGrewFromWhatTheySaw) {
  EXPECT_EQ(refusal(head(12), head(5), *build_consistency_proof(5, 12, subtrees())), "signed");
  EXPECT_EQ(refusal(head(5), head(5)), "signed") << "the same again";
  EXPECT_EQ(refusal(head(12), head(12), *build_consistency_proof(5, 12, subtrees())), "signed")
      << "the same again, with the proof that it came with first";
}

TEST_F(Witnesses, RefuseAFork) {
  const auto proof = *build_consistency_proof(5, 12, subtrees());
  Head other = head(5);
  other.root[0] ^= 1;
  EXPECT_EQ(refusal(head(12), other, proof), "LOG_FORKED");
  EXPECT_EQ(refusal(head(12), head(5)), "LOG_FORKED") << "without a proof";
  EXPECT_EQ(refusal(head(5), head(12)), "LOG_FORKED") << "shorter than before";
  EXPECT_EQ(refusal(other, head(5)), "LOG_FORKED") << "two heads of one size";
  EXPECT_EQ(refusal(head(12, "log-b"), head(5), proof), "LOG_FORKED");
}

TEST_F(Witnesses, AnAlteredNoteOrLineDoesNotVerify) {
  const std::string note = *sign(head(5), std::nullopt);
  for (const std::string to : {"log-a\n6", "log-b\n5"}) {
    std::string altered = note;
    altered.replace(altered.find("log-a\n5"), to.size(), to);
    EXPECT_FALSE(cosigned_at(altered, pinned_).ok()) << to;
  }
  const std::size_t line = note.rfind(' ') + 1;
  for (std::size_t at = line + 6; at + 4 < note.size(); at += 5) {
    std::string altered = note;
    altered[at] = altered[at] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(cosigned_at(altered, pinned_).ok()) << at;
  }
  EXPECT_FALSE(cosigned_at("no note", pinned_).ok());
}

TEST_F(Witnesses, KeysAreReadAsTheyArePinned) {
  const auto key = parse_witness_key(kGoldenKey);
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(key->name, kName);
  EXPECT_EQ(key->public_key, key_.public_key);
  std::string wrong_id(kGoldenKey);
  wrong_id[kName.size() + 1] = wrong_id[kName.size() + 1] == '0' ? '1' : '0';
  for (const std::string& text : {wrong_id, std::string("a+b"), std::string("+00000000+AA=="), std::string(kName),
                                  "a b" + std::string(kGoldenKey)})
    EXPECT_FALSE(parse_witness_key(text).ok()) << text;
}

}  // namespace
}  // namespace lumenflow::log
