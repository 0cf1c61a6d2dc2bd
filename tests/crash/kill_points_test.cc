// The process dies before every change that it makes to the disk, in one of many runs of random work, and again while
// it recovers; or the power goes. Nothing that was promised is lost, and nothing happens twice.
#include <gtest/gtest.h>

#include <algorithm>

#include "harness.h"

namespace lumenflow::crash {
namespace {

constexpr std::uint32_t kShards = 10;  // ctest runs them beside each other
constexpr std::uint32_t kKills = 2'000;
constexpr std::uint32_t kPowerCuts = 5'000;

class EveryMoment : public testing::TestWithParam<std::uint32_t> {
 protected:
  // Trials until so many deaths have come: every change of the first life in turn, then another seed's.
  void run(std::uint32_t deaths, bool power) {
    std::uint64_t died = 0, acknowledged = 0, trials = 0;
    for (std::uint32_t seed = 1 + GetParam() * 10'000 + (power ? 1'000'000 : 0); died < deaths; ++seed) {
      TrialOptions options{.seed = seed, .deaths = {}, .power = power};
      const Trial whole = run_trial(options);
      ASSERT_EQ(whole.fault, "");
      std::mt19937 random(seed);
      const std::uint64_t stride = 1 + random() % 3;
      for (std::uint64_t at = random() % stride; at < whole.changes && died < deaths; at += stride) {
        options.deaths = {at, random() % 80, random() % (whole.changes / 2)};
        const Trial trial = run_trial(options);
        ASSERT_EQ(trial.fault, "");
        died += trial.deaths;
        acknowledged += trial.acknowledged;
        ++trials;
      }
    }
    std::printf("%llu deaths in %llu trials, %llu emissions acknowledged\n", static_cast<unsigned long long>(died),
                static_cast<unsigned long long>(trials), static_cast<unsigned long long>(acknowledged));
    EXPECT_GT(acknowledged, trials);
  }
};

TEST_P(EveryMoment, TheProcessIsKilled) { run(kKills / kShards * scale(), false); }
TEST_P(EveryMoment, ThePowerIsCut) { run(kPowerCuts / kShards * scale(), true); }

INSTANTIATE_TEST_SUITE_P(Shard, EveryMoment, testing::Range(0u, kShards));

TEST(EveryMoment, WorkThatNothingDisturbsIsWhole) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) ASSERT_EQ(run_trial({.seed = seed, .deaths = {}}).fault, "");
}

// The negative control: a disk that syncs nothing must be found out.
TEST(EveryMoment, ADiskThatIgnoresSyncsIsFoundOut) {
  std::uint32_t found = 0;
  for (std::uint32_t seed = 1; seed <= 40; ++seed)
    if (!run_trial({.seed = seed, .deaths = {120 + seed}, .power = true, .ignores_syncs = true}).fault.empty()) ++found;
  EXPECT_GT(found, 20u);
}

}  // namespace
}  // namespace lumenflow::crash
