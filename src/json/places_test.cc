#include "json/places.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "lumenflow/json.h"

namespace lumenflow::json {
namespace {

constexpr std::string_view kText =
    "{\n  \"a~/\": [1, {\"b\\\"\": \"x,}\"}],\n  \"ü\": {\"ö\": true, \"c\": [[], 2]}\n}\n";

std::string shown(const TextPlace& place) { return std::to_string(place.line) + ":" + std::to_string(place.column); }

TEST(Places, ValuesAndKeysAreFoundByTheirPointers) {
  ASSERT_TRUE(parse(kText).ok());
  EXPECT_EQ(shown(place_of(kText, "")), "1:1");
  EXPECT_EQ(shown(place_of(kText, "/a~0~1")), "2:10");
  EXPECT_EQ(shown(place_of(kText, "/a~0~1", true)), "2:3");
  EXPECT_EQ(shown(place_of(kText, "/a~0~1/1/b\"")), "2:22");
  EXPECT_EQ(shown(place_of(kText, "/ü/ö")), "3:14");
  EXPECT_EQ(shown(place_of(kText, "/ü/c/1")), "3:30");
  EXPECT_EQ(place_of(kText, "/ü/c/1").snippet, "  \"ü\": {\"ö\": true, \"c\": [[], 2]}");
}

// A file without line breaks has one line: quoted whole, its faults would say more the more there are.
TEST(Places, OfALongLineThePartAroundTheColumnIsShown) {
  const std::string text =
      "[\"" + std::string(1'000, 'a') + "\", \"" + std::string(300, 'b') + "ü" + std::string(2'000, 'b') + "\", 7]";
  const TextPlace first = place_of(text, "/0"), second = place_of(text, "/1"), last = place_of(text, "/2");
  EXPECT_TRUE(first.snippet.starts_with("[\"aaa")) << first.snippet;
  for (const TextPlace& place : {first, second, last}) {
    EXPECT_LE(place.snippet.size(), 410u);
    EXPECT_TRUE(is_valid_utf8(place.snippet)) << place.snippet;
  }
  EXPECT_EQ(second.column, 1'006);
  const auto after = [](const TextPlace& place) {
    std::string_view rest = place.snippet;
    for (int i = 1; i < column_in_snippet(place.snippet, place.column); ++i) {
      rest.remove_prefix(1);
      while (!rest.empty() && (static_cast<unsigned char>(rest.front()) & 0xc0) == 0x80) rest.remove_prefix(1);
    }
    return std::string(rest.substr(0, 3));
  };
  EXPECT_EQ(after(first), "\"aa");
  EXPECT_EQ(after(second), "\"bb");
  EXPECT_EQ(after(last), "7]");
}

TEST(Places, WhatIsNotThereIsWhereItWouldBe) {
  EXPECT_EQ(shown(place_of(kText, "/ü/nothing/else")), "3:8");
  EXPECT_EQ(shown(place_of(kText, "/a~0~1/7", true)), "2:10");
  EXPECT_EQ(shown(place_of("[]", "/0")), "1:1");
}

TEST(Places, OfWhatIsNoJsonAreThoseOfTheError) {
  const std::string text = "{\n  \"a\": nope\n}";
  const auto refused = parse(text);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(shown(place_of_error(text, refused.error())), "2:8");
  EXPECT_EQ(place_of_error(text, refused.error()).snippet, "  \"a\": nope");
  EXPECT_EQ(reason_of_error(refused.error()), "'n' is not expected here");
}

}  // namespace
}  // namespace lumenflow::json
