#include "pack/names.h"

#include <gtest/gtest.h>

namespace lumenflow::pack {
namespace {

TEST(Names, SlugsAreLowerCaseWordsJoinedBySingleDashes) {
  for (const char* good : {"a", "acme", "acme-demo", "a1-2b", "x-1"}) EXPECT_TRUE(is_slug(good)) << good;
  for (const char* bad : {"", "-a", "a-", "a--b", "1a", "A", "a_b", "a.b", "a b", "é"})
    EXPECT_FALSE(is_slug(bad)) << bad;
  EXPECT_TRUE(is_slug(std::string(64, 'a')));
  EXPECT_FALSE(is_slug(std::string(65, 'a')));
}

TEST(Names, VersionsAreSemantic) {
  for (const char* good : {"0.0.0", "1.2.3", "10.20.30-rc.1", "1.0.0-0a.x-y", "1.0.0+007", "1.0.0-a+b.c"})
    EXPECT_TRUE(is_semantic_version(good)) << good;
  for (const char* bad :
       {"", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.3-01", "v1.2.3", "1.2.3-", "1.2.3+", "1.2.x", "1..3", "1.2.3 "})
    EXPECT_FALSE(is_semantic_version(bad)) << bad;
}

TEST(Names, ToolsHaveANamespaceAndAName) {
  for (const char* good : {"wu:claim", "software-delivery:gates", "a:b_c-d", "a-:b"})
    EXPECT_TRUE(is_tool_name(good)) << good;
  for (const char* bad : {"wu", "wu:", ":claim", "wu:Claim", "w_u:claim", "wu:claim:now", "wu claim", "wu:_x"})
    EXPECT_FALSE(is_tool_name(bad)) << bad;
}

TEST(Names, OthersFollowTheirPatterns) {
  EXPECT_TRUE(is_environment_name("API_URL2"));
  EXPECT_FALSE(is_environment_name("_API"));
  EXPECT_FALSE(is_environment_name("Api"));
  EXPECT_TRUE(is_token_scope("workspace"));
  EXPECT_TRUE(is_token_scope("tools:write:acme"));
  EXPECT_FALSE(is_token_scope("tools:"));
  EXPECT_FALSE(is_token_scope("tools write"));
  EXPECT_TRUE(is_surface_id("software-delivery:destructive"));
  EXPECT_FALSE(is_surface_id("destructive"));
  EXPECT_TRUE(is_event_name("turn_started2"));
  EXPECT_FALSE(is_event_name("turn__started"));
  EXPECT_FALSE(is_event_name("turn_"));
  EXPECT_TRUE(is_config_key("software_delivery"));
  EXPECT_FALSE(is_config_key("Software"));
  EXPECT_TRUE(is_mcp_name("Task.create-1"));
  EXPECT_FALSE(is_mcp_name("task:create"));
  EXPECT_TRUE(is_content_hash("sha256:" + std::string(64, 'a')));
  EXPECT_FALSE(is_content_hash("sha256:" + std::string(64, 'A')));
  EXPECT_FALSE(is_content_hash(std::string(64, 'a')));
  EXPECT_EQ(prefix_of("wu:claim"), "wu");
  EXPECT_EQ(prefix_of("wu"), "wu");
}

}  // namespace
}  // namespace lumenflow::pack
