#include "mcp/uri_template.h"

#include <gtest/gtest.h>

namespace lumenflow::mcp {
namespace {

TEST(UriTemplate, MatchesWholeSegmentsAndDecodesThem) {
  const Result<UriTemplate> jobs = UriTemplate::parse("acme://jobs/{id}/data/{part}");
  ASSERT_TRUE(jobs.ok());
  const auto found = jobs->match("acme://jobs/a%20b/data/7");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->at("id"), "a b");
  EXPECT_EQ(found->at("part"), "7");
  for (const char* other : {"acme://jobs//data/7", "acme://jobs/a/b/data/7", "acme://jobs/a/data/", "acme://jobs/a",
                            "acme://jobs/%zz/data/1", "acme://jobs/%ff/data/1", "acme://jobs/a/data/7/more"})
    EXPECT_FALSE(jobs->match(other)) << other;
}

TEST(UriTemplate, OneWithoutVariablesIsTheUriItself) {
  const Result<UriTemplate> plain = UriTemplate::parse("acme://x");
  ASSERT_TRUE(plain.ok());
  EXPECT_TRUE(plain->match("acme://x"));
  EXPECT_FALSE(plain->match("acme://xy"));
}

TEST(UriTemplate, MalformedOnesAreRefused) {
  for (const char* text : {"a{", "a}", "a{}", "a{b}{c}", "a{b}/{b}", "a{b c}"})
    EXPECT_FALSE(UriTemplate::parse(text).ok()) << text;
}

TEST(FillIn, ReplacesWhatIsKnownOnce) {
  EXPECT_EQ(fill_in("{{a}}, {{b}} and {{", {{"a", "{{b}}"}}), "{{b}}, {{b}} and {{");
}

}  // namespace
}  // namespace lumenflow::mcp
