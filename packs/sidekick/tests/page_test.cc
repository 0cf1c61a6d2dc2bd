#include "sidekick/tool_impl/page.h"

#include <gtest/gtest.h>

namespace lumenflow::sidekick {
namespace {

constexpr std::string_view kId = "task-01KJMC2R00000000000000000A";

constexpr char kMark[] = "0123abcd";

Result<std::string_view> read(const json::Value& input) { return read_cursor(Input(input), "task-", kMark); }

TEST(Page, CursorStandsForTheIdItWasMadeFrom) {
  const json::Value input(json::Object{{"cursor", make_cursor(kId, kMark)}});
  const Result<std::string_view> id = read(input);
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(*id, kId);
}

TEST(Page, StartsAtTheBeginningWithoutCursor) {
  EXPECT_EQ(*read(json::Value(json::Object{})), "");
  const json::Value blank(json::Object{{"cursor", "  "}});
  EXPECT_EQ(*read(blank), "");
}

TEST(Page, RefusesForeignCursors) {
  for (const std::string& cursor :
       {std::string("x"), std::string(kId), make_cursor("mem-01KJMC2R00000000000000000A", kMark),
        make_cursor("task-", kMark), make_cursor("task-01KJMC2R0000000000000000/A", kMark), "v2." + std::string(kId),
        make_cursor(std::string(kId) + "0", kMark)}) {
    const json::Value input(json::Object{{"cursor", cursor}});
    const Result<std::string_view> id = read(input);
    ASSERT_FALSE(id.ok()) << cursor;
    EXPECT_EQ(id.error().code(), ErrorCode::kInvalidInput);
    EXPECT_EQ(id.error().details().at(0).pointer, "/cursor");
  }
}

TEST(Page, ACursorIsForOneQuestion) {
  const auto mark = [](const char* input) { return query_mark(Input(*json::parse(input))); };
  EXPECT_EQ(mark(R"({"search":"a","status":"done","limit":3,"cursor":"x"})"),
            mark(R"({"status":"done","search":"a"})"));
  EXPECT_NE(mark(R"({"search":"a"})"), mark(R"({"search":"b"})"));
  EXPECT_NE(mark("{}"), mark(R"({"enabled_only":true})"));
  EXPECT_EQ(mark("{}"), mark(R"({"enabled_only":false})"));
  const json::Value other(json::Object{{"cursor", make_cursor(kId, "89abcdef")}});
  EXPECT_FALSE(read(other).ok());
}

}  // namespace
}  // namespace lumenflow::sidekick
