#include "json/places.h"

#include <gtest/gtest.h>

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
