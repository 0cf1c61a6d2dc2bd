#include "journal/proof.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "base/encoding.h"
#include "log/memory_log.h"

namespace lumenflow::journal {
namespace {

class Proofs : public testing::Test {
 protected:
  Proofs() {
    for (int n = 1; n <= 21; ++n) EXPECT_TRUE(log->append({{"{\"n\":" + std::to_string(n) + "}"}, {}}).ok());
    EXPECT_TRUE(log->commit().ok());
  }
  std::string refusal(const json::Value& document) {
    const Result<Proven> proven = check_proof(document, key.public_key);
    return proven.ok() ? "holds" : proven.error().message();
  }
  // What is said when one member is another.
  std::string refusal_with(json::Value document, const std::string& member, json::Value value) {
    document.as_object().set(member, std::move(value));
    return refusal(document);
  }
  const Ed25519KeyPair key = ed25519_from_seed(std::string(32, 'k'));
  const std::unique_ptr<log::Log> log = log::make_memory_log("log-a");
};

TEST_F(Proofs, SayWhatTheyProve) {
  const Result<Proven> entry = check_proof(*prove_entry(*log, Position(7), 21, key), key.public_key);
  ASSERT_TRUE(entry.ok()) << entry.error().to_string();
  EXPECT_EQ(entry->position, Position(7));
  EXPECT_EQ(entry->head.size, 21u);
  EXPECT_EQ(entry->head.log_id, "log-a");
  const Result<Proven> growth = check_proof(*prove_growth(*log, 6, 21, key), key.public_key);
  ASSERT_TRUE(growth.ok()) << growth.error().to_string();
  EXPECT_EQ(growth->position, Position(0));
  EXPECT_EQ(growth->from_size, 6u);
}

TEST_F(Proofs, AreForSizesThatAreThere) {
  EXPECT_EQ(prove_entry(*log, Position(22), 21, key).error().code(), ErrorCode::kNotFound);
  EXPECT_FALSE(prove_entry(*log, Position(7), 6, key).ok()) << "it is not among the first six";
  EXPECT_FALSE(prove_entry(*log, Position(7), 22, key).ok());
  EXPECT_FALSE(prove_growth(*log, 7, 6, key).ok());
  EXPECT_FALSE(prove_growth(*log, 7, 22, key).ok());
}

TEST_F(Proofs, WithAnyMemberAlteredAreRefused) {
  const json::Value entry = *prove_entry(*log, Position(7), 21, key);
  const json::Value growth = *prove_growth(*log, 6, 21, key);
  ASSERT_EQ(refusal(entry), "holds");
  ASSERT_EQ(refusal(growth), "holds");
  const std::string zeros(64, '0');
  for (const json::Value& proof : {entry, growth}) {
    EXPECT_NE(refusal_with(proof, "format", "lumenflow-proof/2"), "holds");
    EXPECT_NE(refusal_with(proof, "origin", "lumenflow/log-b"), "holds");
    EXPECT_NE(refusal_with(proof, "tree_size", 20), "holds");
    EXPECT_NE(refusal_with(proof, "tree_size", -1), "holds");
    EXPECT_NE(refusal_with(proof, "root", zeros), "holds");
    EXPECT_NE(refusal_with(proof, "root", "x"), "holds");
    EXPECT_NE(refusal_with(proof, "proof", json::Array{}), "holds");
    EXPECT_NE(refusal_with(proof, "proof", json::Array{json::Value(zeros)}), "holds");
    EXPECT_NE(refusal_with(proof, "proof", "none"), "holds");
    EXPECT_NE(refusal_with(proof, "checkpoint", "lumenflow/log-a\n21\n"), "holds");
  }
  EXPECT_NE(refusal_with(entry, "leaf_index", 7), "holds");
  EXPECT_NE(refusal_with(entry, "entry", to_base64("{\"n\":8}")), "holds");
  EXPECT_NE(refusal_with(entry, "leaf_hash", zeros), "holds");
  EXPECT_NE(refusal_with(entry, "from_size", 6), "holds") << "of an entry and of growth";
  EXPECT_NE(refusal_with(growth, "from_size", 5), "holds");
  EXPECT_NE(refusal_with(growth, "from_root", zeros), "holds");
  EXPECT_NE(refusal(json::Value(json::Object{})), "holds");
}

TEST_F(Proofs, OfAnotherKeyAreRefused) {
  const Ed25519KeyPair other = ed25519_from_seed(std::string(32, 'o'));
  EXPECT_NE(refusal(*prove_entry(*log, Position(7), 21, other)), "holds");
}

}  // namespace
}  // namespace lumenflow::journal
