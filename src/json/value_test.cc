#include <gtest/gtest.h>

#include <limits>

#include "json/number.h"
#include "json/text.h"
#include "lumenflow/json.h"

namespace lumenflow::json {
namespace {

TEST(Value, NumbersAreEqualByMathematics) {
  EXPECT_EQ(Value(1), Value(1.0));
  EXPECT_EQ(Value(std::uint64_t{1}), Value(1));
  EXPECT_EQ(Value(0), Value(-0.0));
  EXPECT_NE(Value(1), Value(1.5));
  EXPECT_NE(Value(1), Value(true));
  EXPECT_EQ(Value(BigInteger{"18446744073709551616"}), Value(0x1p64));
  EXPECT_NE(Value(BigInteger{"18446744073709551617"}), Value(0x1p64));
  EXPECT_NE(Value(std::int64_t{9007199254740993}), Value(9007199254740992.0));
  EXPECT_NE(Value(std::numeric_limits<std::uint64_t>::max()), Value(0x1p64));
}

TEST(Value, NumbersAreOrderedAcrossKinds) {
  const std::vector<Value> ascending = {BigInteger{"-99999999999999999999"},
                                        -0x1p63 * 1.5,
                                        std::numeric_limits<std::int64_t>::min(),
                                        -1.5,
                                        -1,
                                        -0.5,
                                        0,
                                        0.5,
                                        1,
                                        1.5,
                                        std::numeric_limits<std::int64_t>::max(),
                                        0x1p63,
                                        std::numeric_limits<std::uint64_t>::max(),
                                        0x1p64,
                                        BigInteger{"18446744073709551617"},
                                        1e300};
  for (std::size_t i = 0; i < ascending.size(); ++i)
    for (std::size_t k = 0; k < ascending.size(); ++k)
      EXPECT_EQ(compare_numbers(ascending[i], ascending[k]), std::partial_ordering(i <=> k))
          << serialize(ascending[i]) << " and " << serialize(ascending[k]);
}

TEST(Value, EqualNumbersHashAlike) {
  EXPECT_EQ(hash_value(1), hash_value(1.0));
  EXPECT_EQ(hash_value(0), hash_value(-0.0));
  EXPECT_EQ(hash_value(0x1p63), hash_value(std::uint64_t{1} << 63));
  EXPECT_EQ(hash_value(0x1p64), hash_value(BigInteger{"18446744073709551616"}));
  EXPECT_EQ(hash_value(Object{{"a", 1}, {"b", 2}}), hash_value(Object{{"b", 2.0}, {"a", 1}}));
  EXPECT_NE(hash_value(Array{1, 2}), hash_value(Array{2, 1}));
}

TEST(Value, MultiplesAreThoseOfTheDecimalsAsWritten) {
  EXPECT_TRUE(is_multiple_of(0.0075, 0.0001));
  EXPECT_FALSE(is_multiple_of(0.00751, 0.0001));
  EXPECT_TRUE(is_multiple_of(0.3, 0.1));
  EXPECT_TRUE(is_multiple_of(1.1, 0.1));
  EXPECT_TRUE(is_multiple_of(12391239123, 1e-8));
  EXPECT_TRUE(is_multiple_of(1e308, 0.5));
  EXPECT_FALSE(is_multiple_of(1e308, 0.123456789));
  EXPECT_TRUE(is_multiple_of(0, 3));
  EXPECT_TRUE(is_multiple_of(-9, 3));
  EXPECT_FALSE(is_multiple_of(4.5, 2));
  EXPECT_TRUE(is_multiple_of(BigInteger{"300000000000000000000000000003"}, 3));
  EXPECT_FALSE(is_multiple_of(BigInteger{"300000000000000000000000000004"}, 3));
}

TEST(Value, ObjectsAreEqualInAnyOrder) {
  EXPECT_EQ((Value(Object{{"a", 1}, {"b", 2}})), (Value(Object{{"b", 2}, {"a", 1}})));
  EXPECT_NE((Value(Object{{"a", 1}, {"b", 2}})), (Value(Object{{"b", 2}, {"c", 1}})));
  Object ascending, descending;
  for (int i = 0; i < 100; ++i) ascending.set("k" + std::to_string(i), i);
  for (int i = 99; i >= 0; --i) descending.set("k" + std::to_string(i), i);
  EXPECT_EQ(Value(ascending), Value(descending));
  descending.set("k5", 0);
  EXPECT_NE(Value(ascending), Value(descending));
}

TEST(Object, KeepsTheOrderOfInsertion) {
  Object object{{"z", 1}, {"a", 2}};
  object.set("m", 3);
  object.set("z", 4);
  EXPECT_EQ(serialize(object), R"({"z":4,"a":2,"m":3})");
  EXPECT_TRUE(object.erase("a"));
  EXPECT_FALSE(object.erase("a"));
  EXPECT_EQ(serialize(object), R"({"z":4,"m":3})");
}

TEST(Value, PointersNameWhatRfc6901Says) {
  const Value value = parse(R"({"foo":["bar","baz"],"":0,"a/b":1,"m~n":8,"~1":9,"k\"l":6})").value();
  EXPECT_EQ(value.at_pointer(""), &value);
  EXPECT_EQ(*value.at_pointer("/foo/0"), Value("bar"));
  EXPECT_EQ(*value.at_pointer("/"), Value(0));
  EXPECT_EQ(*value.at_pointer("/a~1b"), Value(1));
  EXPECT_EQ(*value.at_pointer("/m~0n"), Value(8));
  EXPECT_EQ(*value.at_pointer("/~01"), Value(9));
  for (const char* absent : {"foo", "/foo/2", "/foo/00", "/foo/-", "/foo/-1", "/foo/", "/foo/0/x", "/nope"})
    EXPECT_EQ(value.at_pointer(absent), nullptr) << absent;
  EXPECT_EQ(escape_pointer_token("a/b~c"), "a~1b~0c");
}

TEST(Value, FallbacksServeWhatIsAbsentOrOfAnotherKind) {
  const Value value = Object{{"s", "text"}, {"i", 3.0}, {"b", true}, {"f", 1.5}, {"huge", 1e300}};
  EXPECT_EQ(string_or(value, "s", "none"), "text");
  EXPECT_EQ(string_or(value, "i", "none"), "none");
  EXPECT_EQ(integer_or(value, "i", 7), 3);
  EXPECT_EQ(integer_or(value, "f", 7), 7);
  EXPECT_EQ(integer_or(value, "huge", 7), 7);
  EXPECT_EQ(integer_or(value, "s", 7), 7);
  EXPECT_TRUE(boolean_or(value, "b", false));
  EXPECT_TRUE(boolean_or(value, "absent", true));
  EXPECT_EQ(integer_or(Value(5), "i", 7), 7);
}

TEST(ValueDeathTest, AskingForAnotherKindAborts) {
  EXPECT_DEATH(static_cast<void>(Value("1").as_integer()), "");
  EXPECT_DEATH(static_cast<void>(Value(1.5).as_integer()), "");
  EXPECT_DEATH(static_cast<void>(Value(1).as_object()), "");
}

TEST(Serialize, WritesCompactTextInMemberOrder) {
  EXPECT_EQ(serialize(Object{{"b", Array{1, -2.5, nullptr}}, {"a", Object{}}, {"t", true}}),
            R"({"b":[1,-2.5,null],"a":{},"t":true})");
}

TEST(Serialize, IndentsForPeople) {
  EXPECT_EQ(serialize_pretty(Object{{"a", Array{1, 2}}, {"e", Array{}}, {"o", Object{}}}),
            "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"e\": [],\n  \"o\": {}\n}");
}

TEST(Serialize, ContinuesALargerDocument) {
  std::string text;
  append_quoted("a \"key\"", text);
  text += ": ";
  append_pretty(Object{{"a", Array{1}}, {"o", Object{}}}, 20, text);
  const std::string indent(40, ' ');
  EXPECT_EQ(text, "\"a \\\"key\\\"\": {\n" + indent + "  \"a\": [\n" + indent + "    1\n" + indent + "  ],\n" + indent +
                      "  \"o\": {}\n" + indent + "}");
}

TEST(Serialize, EscapesWhatMustBeAndReplacesWhatIsNoUtf8) {
  EXPECT_EQ(serialize(Value(std::string("\"\\\b\f\n\r\t\x01\x1f\x7f/\0", 12))),
            "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\x7f/\\u0000\"");
  EXPECT_EQ(serialize(Value("grüße € 😀 abcdefgh\"ijkl")), "\"grüße € 😀 abcdefgh\\\"ijkl\"");
  EXPECT_EQ(serialize(Value("a\xff\xc3z")), "\"a\xef\xbf\xbd\xef\xbf\xbdz\"");
  EXPECT_EQ(serialize(Value("\xed\xa0\x80")), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

TEST(Serialize, NumbersComeBackAsTheyWentIn) {
  for (const char* text : {"0", "-1", "9223372036854775807", "-9223372036854775808", "18446744073709551615",
                           "18446744073709551616", "-9223372036854775809", "123456789012345678901234567890", "0.1",
                           "-0", "1e+300", "5e-324", "1.7976931348623157e+308"})
    EXPECT_EQ(serialize(parse(text).value()), text);
}

}  // namespace
}  // namespace lumenflow::json
