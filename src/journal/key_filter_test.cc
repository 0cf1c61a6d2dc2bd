#include "journal/key_filter.h"

#include <gtest/gtest.h>

#include <random>

#include "base/encoding.h"

namespace lumenflow::journal {
namespace {

std::vector<std::uint64_t> random_fingerprints(std::size_t count, unsigned seed) {
  std::mt19937_64 random(seed);
  std::vector<std::uint64_t> out(count);
  for (std::uint64_t& fingerprint : out) fingerprint = random();
  return out;
}

TEST(KeyFilter, FindsAllThatWereAdded) {
  for (const std::size_t keys : {32u, 64u, 4096u, 65'536u}) {
    KeyFilter filter(keys);
    const std::vector<std::uint64_t> added = random_fingerprints(keys, 1);
    for (const std::uint64_t fingerprint : added) filter.add(fingerprint);
    for (const std::uint64_t fingerprint : added) ASSERT_TRUE(filter.may_hold(fingerprint)) << keys;
  }
}

TEST(KeyFilter, IsRarelyWrongWhenFull) {
  KeyFilter filter(65'536);
  for (const std::uint64_t fingerprint : random_fingerprints(65'536, 1)) filter.add(fingerprint);
  int wrong = 0;
  for (const std::uint64_t fingerprint : random_fingerprints(100'000, 2)) wrong += filter.may_hold(fingerprint);
  EXPECT_LT(wrong, 200);
  EXPECT_GT(wrong, 0) << "a filter that is never wrong is not two bytes a key";
}

TEST(KeyFilter, GoldenBytes) {
  KeyFilter filter(64);
  filter.add(0x8000'0000'0000'0001);  // the second block; bit 1 of its first word, bit 0 of the others
  std::string expected(2 * 64, '\0');
  expected[64] = 2;
  for (std::size_t word = 1; word < 8; ++word) expected[64 + 8 * word] = 1;
  EXPECT_EQ(filter.bytes(), expected);
}

TEST(KeyFilter, ComesBackFromItsBytes) {
  KeyFilter filter(64);
  filter.add(7);
  const std::optional<KeyFilter> again = KeyFilter::from_bytes(64, filter.bytes());
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->may_hold(7));
  EXPECT_FALSE(again->may_hold(8));
  EXPECT_FALSE(KeyFilter::from_bytes(128, filter.bytes()));
}

}  // namespace
}  // namespace lumenflow::journal
