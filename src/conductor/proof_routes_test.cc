// Proofs that an entry is in the conductor's Log hold for whoever has its key, and tell nobody more than they may read.
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "conductor/testing/conductor_world.h"
#include "log/checkpoint.h"
#include "log/merkle.h"

namespace lumenflow::conductor {
namespace {

class Proofs : public testing::Test {
 protected:
  Proofs() { workspace_.enroll(); }
  Answer ask(const std::string& position, const Headers& headers) const {
    return world_.get("/v2/audit/" + position + "/proof", headers);
  }
  ConductorWorld world_;
  Workspace workspace_{world_};
};

TEST_F(Proofs, LeadFromTheEntryToASignedHead) {
  const Headers admin = world_.operator_session();
  const Answer listed = world_.get("/v2/workspaces/ws-42/audit", admin);
  ASSERT_EQ(listed.status, 200) << listed.body;
  const auto position = static_cast<std::uint64_t>(listed.number("/items/0/position"));
  const Answer proof = ask(std::to_string(position), admin);
  ASSERT_EQ(proof.status, 200) << proof.body;
  const auto entry = from_base64(proof.text("/entry"));
  ASSERT_TRUE(entry);
  EXPECT_EQ(json::string_or(*json::parse(*entry), "type", ""), listed.text("/items/0/entry/type"));

  const auto key = from_base64(world_.get("/v2/head", admin).text("/public_key"));
  const auto head = log::parse_checkpoint(proof.text("/checkpoint"), *key);
  ASSERT_TRUE(head.ok()) << head.error().message();
  EXPECT_EQ(proof.text("/root"), to_hex(head->head.root));
  std::vector<Hash256> path;
  for (const json::Value& hash : proof.value.find("proof")->as_array()) {
    const std::string bytes = *from_hex(hash.as_string());
    Hash256 one{};
    std::copy(bytes.begin(), bytes.end(), one.begin());
    path.push_back(one);
  }
  const Hash256 leaf = log::leaf_hash(*entry);
  EXPECT_TRUE(log::verify_inclusion(leaf, position - 1, head->head.size, path, head->head.root));
}

TEST_F(Proofs, AreOfWhatTheReaderMayReadAnyway) {
  const Headers admin = world_.operator_session(), viewer = world_.operator_session(Role::kViewer);
  std::string own, foreign;
  const Answer listed = world_.get("/v2/audit?limit=1000", admin);
  for (const json::Value& item : listed.value.find("items")->as_array()) {
    const bool of_workspace = item.find("entry")->find("workspace") != nullptr;
    (of_workspace ? own : foreign) = std::to_string(json::integer_or(item, "position", 0));
  }
  ASSERT_FALSE(own.empty() || foreign.empty());
  EXPECT_EQ(ask(own, viewer).status, 200);
  EXPECT_EQ(ask(foreign, viewer).code(), "TOKEN_SCOPE_DENIED");
  EXPECT_EQ(ask(foreign, admin).status, 200);
}

TEST_F(Proofs, ThereAreNoneOfWhatIsNotThere) {
  const Headers admin = world_.operator_session();
  EXPECT_EQ(ask("1000000", admin).code(), "NOT_FOUND");
  for (const char* none : {"0", "-1", "1x", "99999999999999999999999"})
    EXPECT_EQ(ask(none, admin).code(), "INVALID_REQUEST") << none;
}

}  // namespace
}  // namespace lumenflow::conductor
