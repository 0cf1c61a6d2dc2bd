#include "base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bitset>
#include <cmath>
#include <set>
#include <vector>

#include "base/encoding.h"

namespace lumenflow {
namespace {

TEST(SystemRandom, NeverHandsOutTheSameBytesTwice) {
  SystemRandom random;
  std::set<std::array<std::uint8_t, 16>> drawn;
  for (int i = 0; i < 10'000; ++i) ASSERT_TRUE(drawn.insert(random.draw16()).second);
}

TEST(SystemRandom, FillsAnyLengthAcrossItsBuffer) {
  SystemRandom random;
  for (const std::size_t size : {0u, 1u, 511u, 512u, 513u, 5000u}) {
    std::vector<std::uint8_t> out(size, 0);
    random.fill(out);
    std::size_t bits = 0;
    for (const std::uint8_t byte : out) bits += std::bitset<8>(byte).count();
    if (size >= 511) {  // half of the bits, give or take eight standard deviations
      EXPECT_NEAR(static_cast<double>(bits), 4.0 * static_cast<double>(size),
                  8 * 1.42 * std::sqrt(static_cast<double>(size)));
    }
  }
}

TEST(SeededRandom, IsTheSameForTheSameSeedAndNoOther) {
  SeededRandom one(7), same(7), other(8);
  const auto first = one.draw16();
  EXPECT_EQ(first, same.draw16());
  EXPECT_NE(first, other.draw16());
  EXPECT_NE(one.draw16(), first);
}

// splitmix64 of seed 1234567, as its author's reference program prints it; little endian here.
TEST(SeededRandom, IsSplitmix64OnEveryMachine) {
  SeededRandom random(1234567);
  EXPECT_EQ(to_hex(random.draw16()), "85fc08fb17d09e59a50f545884f0732c");
}

}  // namespace
}  // namespace lumenflow
