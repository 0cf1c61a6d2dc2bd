// The proofs are checked here with nothing but SHA-256 and RFC 9162: none of the product's own tree.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <charconv>

#include "base/encoding.h"
#include "base/sha256.h"
#include "base/signing.h"
#include "sidecar/testing/sidecar_world.h"

namespace lumenflow::sidecar {
namespace {

using testing::HasSubstr;

constexpr std::string_view kLeaf{"\0", 1}, kNode{"\1", 1};

std::string leaf_of(std::string_view entry) { return std::string(as_chars(sha256({kLeaf, entry}))); }
std::string node_of(std::string_view left, std::string_view right) {
  return std::string(as_chars(sha256({kNode, left, right})));
}

std::vector<std::string> hashes(const json::Value& document, const char* key) {
  std::vector<std::string> list;
  for (const json::Value& hash : document.find(key)->as_array()) list.push_back(*from_hex(hash.as_string()));
  return list;
}

// RFC 9162 2.1.3.2: the root that a leaf, its index and a path lead to; empty when the path has another length.
std::string root_by_path(std::string hash, std::uint64_t index, std::uint64_t size, std::vector<std::string> path) {
  std::uint64_t last = size - 1;
  for (const std::string& sibling : path) {
    if (last == 0) return {};
    if (index % 2 == 1 || index == last) {
      hash = node_of(sibling, hash);
      while (index % 2 == 0 && index != 0) index /= 2, last /= 2;
    } else {
      hash = node_of(hash, sibling);
    }
    index /= 2, last /= 2;
  }
  return last == 0 ? hash : std::string();
}

// RFC 9162 2.1.4.2: the two roots that a consistency proof leads to.
std::pair<std::string, std::string> roots_by_consistency(std::uint64_t from, std::uint64_t to,
                                                         const std::string& from_root, std::vector<std::string> path) {
  if ((from & (from - 1)) == 0) path.insert(path.begin(), from_root);
  std::uint64_t first = from - 1, second = to - 1;
  while (first % 2 == 1) first /= 2, second /= 2;
  std::string old_root = path.front(), new_root = path.front();
  for (std::size_t i = 1; i < path.size(); ++i) {
    if (second == 0) return {};
    if (first % 2 == 1 || first == second) {
      old_root = node_of(path[i], old_root);
      new_root = node_of(path[i], new_root);
      while (first % 2 == 0 && first != 0) first /= 2, second /= 2;
    } else {
      new_root = node_of(new_root, path[i]);
    }
    first /= 2, second /= 2;
  }
  return second == 0 ? std::pair(old_root, new_root) : std::pair<std::string, std::string>();
}

// C2SP signed-note: origin, size and root, signed with Ed25519 over the text before the blank line.
void expect_signed(const std::string& note, const std::string& origin, std::uint64_t size, const std::string& root,
                   const std::string& public_key) {
  const std::size_t blank = note.find("\n\n");
  ASSERT_NE(blank, std::string::npos);
  const std::string text = note.substr(0, blank + 1);
  EXPECT_EQ(text, origin + "\n" + std::to_string(size) + "\n" + to_base64(root) + "\n");
  const std::string line = note.substr(blank + 2, note.find('\n', blank + 2) - blank - 2);
  const auto signature = from_base64(line.substr(line.rfind(' ') + 1));
  ASSERT_TRUE(signature && signature->size() == 68);
  EXPECT_TRUE(ed25519_verify(text, std::string_view(*signature).substr(4), public_key));
}

class AuditRoutes : public testing::Test {
 protected:
  AuditRoutes() {
    for (int n = 1; n <= 9; ++n) EXPECT_EQ(world.call("probe:emit", "{\"n\":" + std::to_string(n) + "}").status, 200);
  }
  SidecarWorld world;
};

TEST_F(AuditRoutes, EveryEntryHasAProofThatAStrangerCanCheck) {
  const Answer head = world.get("/audit/head");
  const std::string public_key = *from_base64(head.text("/public_key"));
  EXPECT_EQ(public_key, world.keys().log_key.public_key);
  const std::int64_t size = json::integer_or(head.value, "tree_size", 0);
  ASSERT_GT(size, 9);
  for (std::int64_t position = 1; position <= size; ++position) {
    const Answer answer = world.get("/audit/" + std::to_string(position) + "/proof");
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.text("/format"), "lumenflow-proof/1");
    EXPECT_EQ(json::integer_or(answer.value, "leaf_index", -1), position - 1);
    const std::string entry = *from_base64(answer.text("/entry"));
    EXPECT_EQ(to_hex(as_bytes(leaf_of(entry))), answer.text("/leaf_hash"));
    const auto tree_size = static_cast<std::uint64_t>(json::integer_or(answer.value, "tree_size", 0));
    const std::string root = root_by_path(leaf_of(entry), static_cast<std::uint64_t>(position - 1), tree_size,
                                          hashes(answer.value, "proof"));
    EXPECT_EQ(to_hex(as_bytes(root)), answer.text("/root")) << position;
    expect_signed(answer.text("/checkpoint"), answer.text("/origin"), tree_size, root, public_key);
    const Answer shown = world.get("/audit/" + std::to_string(position));
    EXPECT_EQ(*shown.value.find("entry"), *json::parse(entry)) << "the proof is of the entry that is shown";
  }
}

TEST_F(AuditRoutes, TheJournalIsShownToHaveOnlyGrown) {
  const Answer head = world.get("/audit/head");
  const auto size = static_cast<std::uint64_t>(json::integer_or(head.value, "tree_size", 0));
  for (std::uint64_t from = 1; from < size; ++from) {
    const Answer answer = world.get("/audit/head?from=" + std::to_string(from) + "&to=" + std::to_string(size));
    ASSERT_EQ(answer.status, 200) << answer.body;
    const auto [old_root, new_root] =
        roots_by_consistency(from, size, *from_hex(answer.text("/from_root")), hashes(answer.value, "proof"));
    EXPECT_EQ(to_hex(as_bytes(old_root)), answer.text("/from_root")) << from;
    EXPECT_EQ(to_hex(as_bytes(new_root)), answer.text("/root")) << from;
    EXPECT_EQ(answer.text("/root"), head.text("/root"));
  }
  for (const char* query : {"from=5&to=4", "from=99999", "from=-1", "from=1&to=99999", "from="})
    EXPECT_EQ(world.get("/audit/head?" + std::string(query)).code(), "INVALID_REQUEST") << query;
}

TEST_F(AuditRoutes, PageByPosition) {
  const std::int64_t size = json::integer_or(world.get("/audit/head").value, "tree_size", 0);
  std::int64_t expected = 1;
  for (std::int64_t after = 0;;) {
    const Answer page = world.get("/audit?limit=4&after=" + std::to_string(after));
    for (const json::Value& item : page.value.find("items")->as_array())
      EXPECT_EQ(json::integer_or(item, "position", 0), expected++);
    if (page.value.find("next")->is_null()) break;
    after = page.value.find("next")->as_integer();
    EXPECT_EQ(after, expected - 1);
  }
  EXPECT_GT(expected, size) << "what its handlers did after the first look may stand behind it";
}

TEST_F(AuditRoutes, APositionIsAWholeNumberThatIsThere) {
  for (const char* position : {"0", "-1", "x", "1x", "99999", "18446744073709551616", "+1", "1.0"}) {
    EXPECT_EQ(world.get("/audit/" + std::string(position)).code(), "NOT_FOUND") << position;
    EXPECT_EQ(world.get("/audit/" + std::string(position) + "/proof").code(), "NOT_FOUND") << position;
  }
}

TEST_F(AuditRoutes, NeedTheirScope) {
  const Headers without = world.as(world.token("workspace"));
  for (const char* path : {"/audit", "/audit/head", "/audit/1", "/audit/1/proof"})
    EXPECT_EQ(world.get(path, without).code(), "TOKEN_SCOPE_DENIED") << path;
}

}  // namespace
}  // namespace lumenflow::sidecar
