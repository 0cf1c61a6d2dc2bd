#include "json/canonical.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>

#include "base/encoding.h"
#include "json/number.h"
#include "json/test_vectors.h"

namespace lumenflow::json {
namespace {

std::string canonical_text(std::string_view text) {
  const Result<std::string> result = canonical(parse(text).value());
  return result.ok() ? *result : result.error().to_string();
}

TEST(Canonical, SortsKeysByUtf16CodeUnits) {
  EXPECT_EQ(canonical_text(R"({"b":1,"a":{"d":[],"c":null}})"), R"({"a":{"c":null,"d":[]},"b":1})");
  // U+1F600 is D83D DE00 in UTF-16, before U+FB33 and after U+20AC, although its UTF-8 is the last of them.
  EXPECT_EQ(canonical_text(R"({"\ufb33":1,"\ud83d\ude00":2,"\u20ac":3,"\ue000":4,"\ud7ff":5})"),
            "{\"€\":3,\"\ud7ff\":5,\"😀\":2,\"\ue000\":4,\"\ufb33\":1}");
  EXPECT_EQ(canonical_text(R"({"ab":1,"a":2,"":3})"), R"({"":3,"a":2,"ab":1})");
}

TEST(Canonical, SortsManyKeysToo) {
  Object object;
  std::string expected = "{";
  for (int i = 99; i >= 10; --i) object.set("k" + std::to_string(i), i);
  for (int i = 10; i <= 99; ++i)
    expected += "\"k" + std::to_string(i) + "\":" + std::to_string(i) + (i < 99 ? "," : "}");
  EXPECT_EQ(canonical(object).value(), expected);
}

TEST(Canonical, PrintsNumbersAsEcmaScript) {
  const std::map<std::string, std::string> cases = {{"-0", "0"},
                                                    {"-0.0", "0"},
                                                    {"1.0", "1"},
                                                    {"1e3", "1000"},
                                                    {"0.000001", "0.000001"},
                                                    {"0.0000001", "1e-7"},
                                                    {"1e20", "100000000000000000000"},
                                                    {"1e21", "1e+21"},
                                                    {"123456789012345680000", "123456789012345680000"},
                                                    {"100000000000000000000", "100000000000000000000"},
                                                    {"1.5e300", "1.5e+300"},
                                                    {"5e-324", "5e-324"},
                                                    {"333333333.33333329", "333333333.3333333"},
                                                    {"9007199254740992", "9007199254740992"},
                                                    {"9007199254740994", "9007199254740994"},
                                                    {"-9007199254740992", "-9007199254740992"},
                                                    {"9.007199254740993e15", "9007199254740992"},
                                                    {"1234.5678", "1234.5678"},
                                                    {"-1.25", "-1.25"}};
  for (const auto& [text, expected] : cases) EXPECT_EQ(canonical_text(text), expected) << text;
}

TEST(Canonical, RefusesIntegersThatEcmaScriptWouldPrintOtherwise) {
  for (const char* text : {"9007199254740993", "-9007199254740993", "9223372036854775807", "18446744073709551615",
                           "1000000000000000000000", "123456789012345678901"}) {
    const Result<std::string> result = canonical(Object{{"a", Array{0, parse(text).value()}}});
    ASSERT_FALSE(result.ok()) << text;
    EXPECT_EQ(result.error().code(), ErrorCode::kInvalidInput);
    EXPECT_EQ(result.error().details().at(0).pointer, "/a/1");
    EXPECT_NE(result.error().message().find(text), std::string::npos);
  }
}

TEST(Canonical, RefusesWhatJsonCannotSay) {
  EXPECT_FALSE(canonical(Value("\xff")).ok());
  EXPECT_FALSE(canonical(Object{{"\xff", 1}}).ok());
  EXPECT_FALSE(canonical(Value(std::numeric_limits<double>::infinity())).ok());
  EXPECT_FALSE(canonical(Value(std::numeric_limits<double>::quiet_NaN())).ok());
}

TEST(Canonical, LeavesTheOutputAsItWasOnFailure) {
  std::string out = "before";
  EXPECT_FALSE(canonical_to(Array{1, BigInteger{"123456789012345678901"}}, out).ok());
  EXPECT_EQ(out, "before");
  EXPECT_TRUE(canonical_to(Array{1}, out).ok());
  EXPECT_EQ(out, "before[1]");
}

TEST(Canonical, EscapesStringsMinimally) {
  std::string out;
  append_canonical_string("\x0f\"\\/\x7f é\n", out);
  EXPECT_EQ(out, "\"\\u000f\\\"\\\\/\x7f é\\n\"");
}

TEST(Canonical, HashesTheText) {
  EXPECT_EQ(canonical_sha256(parse(R"({"b":1,"a":2})").value()).value(), sha256(R"({"a":2,"b":1})"));
}

// RFC 8785, appendix B.
TEST(Canonical, PrintsTheSamplesOfTheRfc) {
  const std::vector<std::pair<std::uint64_t, const char*>> samples = {{0x0000000000000000, "0"},
                                                                      {0x8000000000000000, "0"},
                                                                      {0x0000000000000001, "5e-324"},
                                                                      {0x8000000000000001, "-5e-324"},
                                                                      {0x7fefffffffffffff, "1.7976931348623157e+308"},
                                                                      {0x4340000000000000, "9007199254740992"},
                                                                      {0xc340000000000000, "-9007199254740992"},
                                                                      {0x4430000000000000, "295147905179352830000"},
                                                                      {0x44b52d02c7e14af5, "9.999999999999997e+22"},
                                                                      {0x44b52d02c7e14af6, "1e+23"},
                                                                      {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
                                                                      {0x444b1ae4d6e2ef4e, "999999999999999700000"},
                                                                      {0x444b1ae4d6e2ef4f, "999999999999999900000"},
                                                                      {0x444b1ae4d6e2ef50, "1e+21"},
                                                                      {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
                                                                      {0x3eb0c6f7a0b5ed8d, "0.000001"},
                                                                      {0x41b3de4355555553, "333333333.3333332"},
                                                                      {0x41b3de4355555557, "333333333.33333343"},
                                                                      {0xbecbf647612f3696, "-0.0000033333333333333333"},
                                                                      {0x43143ff3c1cb0959, "1424953923781206.2"}};
  for (const auto& [bits, expected] : samples) EXPECT_EQ(canonical(std::bit_cast<double>(bits)).value(), expected);
}

// No input of these files holds an integer literal that our number rule refuses, so nothing is left out.
TEST(Canonical, AgreesWithThePublicVectors) {
  const auto folder = vectors("jcs/testdata");
  LUMENFLOW_SKIP_WITHOUT(folder);
  int files = 0;
  for (const auto& path : json_files(*folder / "input")) {
    const Result<Value> value = parse(file_text(path));
    ASSERT_TRUE(value.ok()) << path << ": " << value.error().message();
    EXPECT_EQ(canonical(*value).value(), file_text(*folder / "output" / path.filename())) << path;
    ++files;
  }
  EXPECT_EQ(files, 6);
}

TEST(Canonical, GivesTheTextBehindThePublicEventIds) {
  const auto file = vectors("event-id.json");
  LUMENFLOW_SKIP_WITHOUT(file);
  const Value document = parse(file_text(*file)).value();
  for (const Value& vector : document.find("vectors")->as_array()) {
    Object hashed;
    for (const char* field : {"idempotencyKey", "kind", "payload", "timestamp"})
      if (const Value* value = vector.find(field)) hashed.set(field, *value);
    EXPECT_EQ(canonical(hashed).value(), vector.find("canonical")->as_string());
    EXPECT_EQ(to_hex(canonical_sha256(hashed).value()), vector.find("event_id")->as_string());
  }
}

}  // namespace
}  // namespace lumenflow::json
