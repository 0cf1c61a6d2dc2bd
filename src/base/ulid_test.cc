#include "base/ulid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

namespace lumenflow {
namespace {

std::array<std::uint8_t, 16> entropy_of(std::uint8_t first) {
  std::array<std::uint8_t, 16> entropy{};
  for (std::size_t i = 0; i < entropy.size(); ++i) entropy[i] = static_cast<std::uint8_t>(first + i);
  return entropy;
}

TEST(Ulid, IsTimeThenEntropyInCrockfordsBase32) {
  EXPECT_EQ(Ulid{}.str(), "00000000000000000000000000");
  EXPECT_EQ(make_ulid({1}, {}).str(), "00000000010000000000000000");
  EXPECT_EQ(make_ulid({1'469'918'176'385}, {}).str().substr(0, 10), "01ARYZ6S41") << "the example of the specification";
  Ulid last;
  last.bytes.fill(0xff);
  EXPECT_EQ(last.str(), "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
}

TEST(Ulid, ReadsBackWhatItWroteInEitherCase) {
  EXPECT_TRUE(rc::check("parse(str) == ulid", [] {
    Ulid ulid;
    for (std::uint8_t& byte : ulid.bytes) byte = *rc::gen::arbitrary<std::uint8_t>();
    std::string text = ulid.str();
    RC_ASSERT(parse_ulid(text) == ulid);
    for (char& c : text) c = static_cast<char>(std::tolower(c));
    RC_ASSERT(parse_ulid(text) == ulid);
  }));
}

TEST(Ulid, RefusesWhatIsNone) {
  const std::string good = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  ASSERT_TRUE(parse_ulid(good));
  EXPECT_FALSE(parse_ulid("")) << "empty";
  EXPECT_FALSE(parse_ulid(good.substr(1)));
  EXPECT_FALSE(parse_ulid(good + "0"));
  EXPECT_FALSE(parse_ulid("8" + good.substr(1))) << "more than 128 bits";
  EXPECT_FALSE(parse_ulid("z" + good.substr(1)));
  for (const char bad : {'I', 'L', 'O', 'U', 'i', 'l', 'o', 'u', '-', ' ', '/', ':', '@', '[', '\0', '\x7f'}) {
    std::string text = good;
    text[13] = bad;
    EXPECT_FALSE(parse_ulid(text)) << static_cast<int>(bad);
  }
}

TEST(Ulid, SortsByTimeAsBytesAndAsText) {
  const Ulid early = make_ulid({1000}, entropy_of(200)), late = make_ulid({1001}, entropy_of(0));
  EXPECT_LT(early, late);
  EXPECT_LT(early.str(), late.str());
  EXPECT_TRUE(rc::check("both orders agree", [] {
    Ulid a, b;
    for (std::uint8_t& byte : a.bytes) byte = *rc::gen::arbitrary<std::uint8_t>();
    for (std::uint8_t& byte : b.bytes) byte = *rc::gen::arbitrary<std::uint8_t>();
    RC_ASSERT((a < b) == (a.str() < b.str()));
  }));
}

TEST(Ulid, TheNextOneIsGreater) {
  const Ulid ulid = make_ulid({5}, entropy_of(0xf6));  // ends in 0xff
  const Ulid next = next_ulid(ulid);
  EXPECT_GT(next, ulid);
  EXPECT_GT(next.str(), ulid.str());
  EXPECT_EQ(next.str().substr(0, 10), ulid.str().substr(0, 10)) << "of the same millisecond";
  Ulid full = make_ulid({5}, {});
  std::fill(full.bytes.begin() + 6, full.bytes.end(), std::uint8_t{0xff});
  EXPECT_EQ(next_ulid(full), make_ulid({6}, {})) << "and carries into the time rather than repeat itself";
}

TEST(Ulid, ATimeBefore1970IsZero) { EXPECT_EQ(make_ulid({-5}, entropy_of(1)), make_ulid({0}, entropy_of(1))); }

TEST(UuidV7, HasItsTimeVersionAndVariant) {
  EXPECT_EQ(make_uuid_v7({0x0192'3456'789a}, {}), "01923456-789a-7000-8000-000000000000");
  std::array<std::uint8_t, 16> ones;
  ones.fill(0xff);
  EXPECT_EQ(make_uuid_v7({0}, ones), "00000000-0000-7fff-bfff-ffffffffffff");
  for (int i = 0; i < 256; ++i)
    EXPECT_THAT(make_uuid_v7({i}, entropy_of(static_cast<std::uint8_t>(i))),
                testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
}

}  // namespace
}  // namespace lumenflow
