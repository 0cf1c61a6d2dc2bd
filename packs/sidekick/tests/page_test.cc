#include "sidekick/tool_impl/page.h"

#include <gtest/gtest.h>

namespace lumenflow::sidekick {
namespace {

constexpr std::string_view kId = "task-01KJMC2R00000000000000000A";

Result<std::string_view> read(const json::Value& input) { return read_cursor(Input(input), "task-"); }

TEST(Page, CursorStandsForTheIdItWasMadeFrom) {
  const json::Value input(json::Object{{"cursor", make_cursor(kId)}});
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
  for (const std::string& cursor : {std::string("x"), std::string(kId), make_cursor("mem-01KJMC2R00000000000000000A"),
                                    make_cursor("task-"), make_cursor("task-01KJMC2R0000000000000000/A"),
                                    "v2." + std::string(kId), make_cursor(std::string(kId) + "0")}) {
    const json::Value input(json::Object{{"cursor", cursor}});
    const Result<std::string_view> id = read(input);
    ASSERT_FALSE(id.ok()) << cursor;
    EXPECT_EQ(id.error().code(), ErrorCode::kInvalidInput);
    EXPECT_EQ(id.error().details().at(0).pointer, "/cursor");
  }
}

}  // namespace
}  // namespace lumenflow::sidekick
