#include "sidekick/tool_impl/normalized.h"

#include <gtest/gtest.h>

#include "sidekick/registration.h"

namespace lumenflow::sidekick {
namespace {

std::string of(std::string_view input) {
  const std::optional<json::Value> value = normalized(*json::parse(input));
  return value ? json::serialize(*value) : "as it stands";
}

TEST(Normalized, TrimsStringsAndDropsEmptyOnes) {
  EXPECT_EQ(of(R"({"title":" a ","due_at":"","priority":" P1\n","limit":3,"cursor":"\u3000"})"),
            R"({"title":"a","priority":"P1","limit":3})");
  EXPECT_EQ(of(R"({"tags":[" a ",""," ",7,"b"]})"), R"({"tags":["a",7,"b"]})");
  EXPECT_EQ(of(R"({"settings":{"url":" https://a.example/ ","timeout_ms":500,"x":""}})"),
            R"({"settings":{"url":"https://a.example/","timeout_ms":500}})");
  EXPECT_EQ(of(R"({"steps":[{"tool":" a:b ","input":{"x":" y "}},{"tool":" "},3]})"),
            R"({"steps":[{"tool":"a:b","input":{"x":" y "}},{},3]})");
}

TEST(Normalized, LeavesAloneWhatIsWellOrBelongsToOthers) {
  for (const char* input :
       {R"({"title":"a b","tags":["a"],"settings":{"url":"u"},"steps":[{"tool":"a:b"}]})",
        R"({"metadata":{"x":" y ","z":""}})", R"([" a "])", R"(" a ")", "{}", R"({"tags":{},"settings":[],"steps":7})"})
    EXPECT_EQ(of(input), "as it stands") << input;
}

TEST(Normalized, IsWhatTheHostReadsOfAnInput) {
  pack::Registration registration;
  sidekick_pack().register_pack(registration);
  ASSERT_TRUE(registration.input_rule());
  EXPECT_EQ(json::serialize(*registration.input_rule()(*json::parse(R"({"id":" x "})"))), R"({"id":"x"})");
}

}  // namespace
}  // namespace lumenflow::sidekick
