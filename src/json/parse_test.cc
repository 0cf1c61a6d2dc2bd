#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <set>

#include "json/test_vectors.h"
#include "lumenflow/json.h"

namespace lumenflow::json {
namespace {

std::string refusal(std::string_view text) {
  const Result<Value> result = parse(text);
  if (result.ok()) return "accepted";
  EXPECT_EQ(result.error().code(), ErrorCode::kMalformedJson);
  return result.error().message();
}

TEST(Parse, ReadsEveryKind) {
  const Value value =
      parse(R"( {"n":null,"b":[true,false],"i":-7,"d":2.50,"s":"a\u00e9\ud83d\ude00\n","o":{}} )").value();
  EXPECT_EQ(value,
            (Value(Object{
                {"n", nullptr}, {"b", Array{true, false}}, {"i", -7}, {"d", 2.5}, {"s", "aé😀\n"}, {"o", Object{}}})));
}

TEST(Parse, GivesEachNumberTheKindThatHoldsIt) {
  const std::vector<std::pair<const char*, Kind>> cases = {{"0", Kind::kInteger},
                                                           {"9223372036854775807", Kind::kInteger},
                                                           {"-9223372036854775808", Kind::kInteger},
                                                           {"9223372036854775808", Kind::kUnsigned},
                                                           {"18446744073709551615", Kind::kUnsigned},
                                                           {"18446744073709551616", Kind::kBigInteger},
                                                           {"-9223372036854775809", Kind::kBigInteger},
                                                           {"100000000000000000000", Kind::kBigInteger},
                                                           {"1.0", Kind::kDouble},
                                                           {"1e2", Kind::kDouble},
                                                           {"-0", Kind::kDouble}};
  for (const auto& [text, kind] : cases) EXPECT_EQ(parse(text).value().kind(), kind) << text;
  EXPECT_TRUE(std::signbit(parse("-0").value().as_double()));
  EXPECT_TRUE(std::signbit(parse("[-0]").value().as_array()[0].as_double()));
}

TEST(Parse, ReadsDoublesToTheLastBit) {
  for (const char* text : {"0.1", "8.5e-5", "2.2250738585072011e-308", "9007199254740993.0", "1.7976931348623157e308",
                           "0.500000000000000166533453693773481063544750213623046875", "3.518437208883201171875e13"})
    EXPECT_EQ(std::bit_cast<std::uint64_t>(parse(text).value().as_double()),
              std::bit_cast<std::uint64_t>(std::strtod(text, nullptr)))
        << text;
  EXPECT_EQ(parse("1e-400").value().as_double(), 0.0);
}

TEST(Parse, RefusesNumbersBeyondADouble) {
  EXPECT_EQ(refusal("1e999"), "at byte 0: the number is beyond what a double can hold");
  EXPECT_EQ(refusal("[1,-1e309]"), "at byte 3: the number is beyond what a double can hold");
  EXPECT_NE(refusal("1e99999999999999"), "accepted");
  EXPECT_NE(refusal(std::string(400, '9')), "accepted");
}

TEST(Parse, RefusesDuplicateKeysWherever) {
  EXPECT_EQ(refusal(R"({"a":1,"b":2,"a":3})"), "at byte 14: the key \"a\" occurs twice in one object");
  EXPECT_EQ(refusal(R"({"a":1,"\u0061":3})").substr(0, 7), "at byte");
  EXPECT_EQ(parse(R"([{"a":1},{"a":{"a":2}}])").ok(), true);
}

TEST(Parse, FindsADuplicateAmongManyKeysWithoutComparingEachWithEach) {
  std::string text = "{";
  for (int i = 0; i < 200000; ++i) text += "\"" + std::to_string(i) + "\":0,";
  EXPECT_TRUE(parse(text + "\"x\":0}").ok());
  EXPECT_NE(refusal(text + "\"777\":0}").find("\"777\" occurs twice"), std::string::npos);
}

TEST(Parse, BoundsNesting) {
  EXPECT_TRUE(parse(std::string(64, '[') + std::string(64, ']')).ok());
  EXPECT_EQ(refusal(std::string(65, '[') + std::string(65, ']')), "at byte 64: more than 64 nested arrays and objects");
  EXPECT_NE(refusal(std::string(100000, '[')), "accepted");
  EXPECT_FALSE(parse("[[]]", ParseLimits{.depth_max = 1}).ok());
  const ParseLimits careless{.depth_max = 1000000};
  EXPECT_FALSE(parse(std::string(100000, '[') + std::string(100000, ']'), careless).ok());
}

TEST(Parse, RefusesWhatIsNoUnicode) {
  EXPECT_EQ(refusal(R"(["\ud800"])"), "at byte 8: an unpaired surrogate is no Unicode character");
  EXPECT_NE(refusal(R"(["\udc00"])").find("unpaired surrogate"), std::string::npos);
  EXPECT_NE(refusal(R"(["\ud800\u0041"])").find("unpaired surrogate"), std::string::npos);
  for (const char* bad :
       {"\"\xff\"", "\"\xc3\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xe2\x82\""})
    EXPECT_NE(refusal(bad).find("the text is not UTF-8"), std::string::npos) << refusal(bad);
  EXPECT_EQ(refusal("\xef\xbb\xbf{}"), "at byte 0: a byte order mark, which JSON does not have");
}

TEST(Parse, NamesTheByteOfASyntaxError) {
  EXPECT_EQ(refusal("[1,2,x]"), "at byte 5: 'x' is not expected here");
  EXPECT_EQ(refusal("[\"a\tb\"]"), "at byte 3: a control character, which a string holds only as an escape");
  EXPECT_EQ(refusal("{} {}"), "at byte 3: something follows the value");
  EXPECT_EQ(refusal("{\"a\":"), "at byte 5: the text ends within a value");
  EXPECT_EQ(refusal(""), "at byte 0: the text ends within a value");
  for (const char* bad :
       {"[1,]", "{\"a\":1,}", "// x\n1", "NaN", "'a'", "01", "+1", ".5", "1.", "\"\t\"", "tru", "[1 2]"})
    EXPECT_NE(refusal(bad), "accepted") << bad;
}

// Accepted by RFC 8259, refused by our own rule that keys are unique.
const std::set<std::string> kDuplicateKeyFiles = {"y_object_duplicated_key.json",
                                                  "y_object_duplicated_key_and_value.json"};

TEST(Parse, AgreesWithThePublicParsingVectors) {
  const auto folder = vectors("json-parsing/test_parsing");
  LUMENFLOW_SKIP_WITHOUT(folder);
  int accepted = 0, refused = 0;
  for (const auto& path : json_files(*folder)) {
    const std::string name = path.filename();
    const Result<Value> result = parse(file_text(path));
    if (name.starts_with("n_")) {
      EXPECT_FALSE(result.ok()) << name;
      ++refused;
    } else if (name.starts_with("y_")) {
      EXPECT_EQ(result.ok(), !kDuplicateKeyFiles.contains(name)) << name;
      ++accepted;
    }
    if (!result.ok()) continue;
    EXPECT_EQ(parse(serialize(*result)).value(), *result) << name;
  }
  EXPECT_EQ(accepted, 95);
  EXPECT_EQ(refused, 188);
}

}  // namespace
}  // namespace lumenflow::json
