#include "base/encoding.h"

#include <gtest/gtest.h>

namespace lumenflow {
namespace {

std::string bytes_of(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) out += static_cast<char>(value);
  return out;
}

TEST(Hex, RoundTripsEveryByte) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  const std::string hex = to_hex(as_bytes(all));
  EXPECT_EQ(hex.substr(0, 8), "00010203");
  EXPECT_EQ(hex.substr(508), "feff");
  EXPECT_EQ(from_hex(hex), all);
}

TEST(Hex, ReadsEitherCaseAndRefusesTheRest) {
  EXPECT_EQ(from_hex("aBCd"), bytes_of({0xab, 0xcd}));
  EXPECT_EQ(from_hex(""), "");
  for (const char* bad : {"a", "0g", "g0", "0x", " 00", "00 ", "-1"}) EXPECT_EQ(from_hex(bad), std::nullopt) << bad;
}

// RFC 4648, section 10.
TEST(Base64, MatchesTheStandardsExamples) {
  const std::pair<const char*, const char*> examples[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : examples) {
    EXPECT_EQ(to_base64(plain), encoded);
    EXPECT_EQ(from_base64(encoded), plain);
    const std::string unpadded(encoded, std::string_view(encoded).find_last_not_of('=') + 1);
    EXPECT_EQ(to_base64url(plain), unpadded);
    EXPECT_EQ(from_base64url(unpadded), plain);
  }
}

TEST(Base64, KeepsItsTwoAlphabetsApart) {
  const std::string bytes = bytes_of({0xfb, 0xff});
  EXPECT_EQ(to_base64(bytes), "+/8=");
  EXPECT_EQ(to_base64url(bytes), "-_8");
  EXPECT_EQ(from_base64("-_8="), std::nullopt);
  EXPECT_EQ(from_base64url("+/8"), std::nullopt);
}

TEST(Base64, IsStrict) {
  EXPECT_EQ(from_base64("Zg"), std::nullopt) << "padding is missing";
  EXPECT_EQ(from_base64("Zg="), std::nullopt);
  EXPECT_EQ(from_base64url("Zg=="), std::nullopt) << "padding where there is none";
  EXPECT_EQ(from_base64url("Zh"), std::nullopt) << "the bits after the last byte must be zero: one text for one value";
  EXPECT_EQ(from_base64url("Z"), std::nullopt);
  EXPECT_EQ(from_base64url("Zg\n"), std::nullopt);
  EXPECT_EQ(from_base64url("Z g"), std::nullopt);
  EXPECT_EQ(from_base64url(std::string_view("Zg\0", 3)), std::nullopt);
}

// Whatever is accepted is the one text of its bytes: every byte in every place of a group, with and without padding.
TEST(Base64, AcceptsNothingButTheOneTextOfItsBytes) {
  for (const std::string_view base : {"Zm9v", "Zm8=", "Zg=="})
    for (std::size_t at = 0; at < base.size(); ++at)
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(base);
        text[at] = static_cast<char>(byte);
        if (const auto bytes = from_base64(text)) {
          EXPECT_EQ(to_base64(*bytes), text) << to_hex(as_bytes(text));
        }
      }
  for (const std::string_view base : {"Zm9v", "Zm8", "Zg"})
    for (std::size_t at = 0; at < base.size(); ++at)
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(base);
        text[at] = static_cast<char>(byte);
        if (const auto bytes = from_base64url(text)) {
          EXPECT_EQ(to_base64url(*bytes), text) << to_hex(as_bytes(text));
        }
      }
}

TEST(PercentDecode, ReadsEscapesAndLeavesTheRest) {
  EXPECT_EQ(percent_decode("task%3Acreate"), "task:create");
  EXPECT_EQ(percent_decode("%41%42"), "AB");
  EXPECT_EQ(percent_decode("%e2%82%AC"), "€");
  EXPECT_EQ(percent_decode("a+b"), "a+b") << "a plus is a plus in a path";
  EXPECT_EQ(percent_decode("%00"), std::string(1, '\0'));
  EXPECT_EQ(percent_decode("%2541"), "%41") << "decoded once";
  EXPECT_EQ(percent_decode(""), "");
}

TEST(PercentDecode, RefusesBadEscapes) {
  for (const char* bad : {"%", "a%", "%4", "a%4", "%zz", "%4g", "%%41", "% 41"})
    EXPECT_EQ(percent_decode(bad), std::nullopt) << bad;
}

TEST(Utf8, AcceptsEveryLengthAtItsBounds) {
  for (const char* good : {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                           "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "grüße €"})
    EXPECT_TRUE(is_valid_utf8(good)) << to_hex(as_bytes(good));
  EXPECT_TRUE(is_valid_utf8(std::string_view("\0", 1)));
}

TEST(Utf8, RefusesWhatIsNotExactlyOneEncoding) {
  for (const char* bad : {"\x80",
                          "\xbf",
                          "\xc0\x80",
                          "\xc1\xbf",
                          "\xc2",
                          "\xc2\x7f",
                          "\xc2\xc0",
                          "\xe0\x9f\xbf",
                          "\xe0\xa0",
                          "\xe0\xa0\x7f",
                          "\xed\xa0\x80",
                          "\xed\xbf\xbf",
                          "\xf0\x8f\xbf\xbf",
                          "\xf0\x90\x80",
                          "\xf0\x90\x80\x7f",
                          "\xf4\x90\x80\x80",
                          "\xf5\x80\x80\x80",
                          "\xff",
                          "\xfe",
                          "ok\xe2\x82"})
    EXPECT_FALSE(is_valid_utf8(bad)) << to_hex(as_bytes(bad));
}

// Every code point, by the definition of RFC 3629.
TEST(Utf8, AgreesWithTheDefinitionOnEveryCodePoint) {
  for (std::uint32_t point = 0x80; point < 0x110400; ++point) {
    std::string text;
    const auto tail = [&](int shift) { text += static_cast<char>(0x80 | (point >> shift & 0x3f)); };
    if (point < 0x800)
      text += static_cast<char>(0xc0 | point >> 6);
    else if (point < 0x10000)
      text += static_cast<char>(0xe0 | point >> 12), tail(6);
    else
      text += static_cast<char>(0xf0 | point >> 18), tail(12), tail(6);
    tail(0);
    const bool valid = point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
    ASSERT_EQ(is_valid_utf8(text), valid) << point;
  }
}

TEST(ClipUtf8, EndsWithAWholeCharacter) {
  EXPECT_EQ(clip_utf8("abc", 3), "abc");
  EXPECT_EQ(clip_utf8("abc", 2), "ab");
  EXPECT_EQ(clip_utf8("a\u00e9", 2), "a");
  EXPECT_EQ(clip_utf8("a\u00e9b", 3), "a\u00e9");
  EXPECT_EQ(clip_utf8("\U0001f600", 3), "");
  EXPECT_EQ(clip_utf8("", 0), "");
}

}  // namespace
}  // namespace lumenflow
