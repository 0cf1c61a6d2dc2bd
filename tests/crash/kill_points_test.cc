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
  // Each change of a run's first life in turn, from somewhere in the middle on, and then another run's.
  void run(std::uint32_t moments, bool power) {
    std::uint64_t deaths = 0, acknowledged = 0;
    std::uint32_t left = moments;
    for (std::uint32_t seed = 1 + GetParam() * 10'000 + (power ? 1'000'000 : 0); left > 0; ++seed) {
      TrialOptions options{.seed = seed, .deaths = {}, .power = power};
      const Trial whole = run_trial(options);
      ASSERT_EQ(whole.fault, "");
      std::mt19937 random(seed);
      const std::uint64_t first = random() % whole.changes;
      for (std::uint64_t i = 0; i < whole.changes && left > 0; ++i, --left) {
        options.deaths = {(first + i) % whole.changes, random() % 80, random() % whole.changes};
        const Trial trial = run_trial(options);
        ASSERT_EQ(trial.fault, "");
        deaths += trial.deaths;
        acknowledged += trial.acknowledged;
      }
    }
    std::printf("%u moments, %llu deaths, %llu emissions acknowledged\n", moments,
                static_cast<unsigned long long>(deaths), static_cast<unsigned long long>(acknowledged));
    EXPECT_GT(deaths, moments);
    EXPECT_GT(acknowledged, moments);
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
  constexpr std::uint32_t kTrials = 40;
  std::uint32_t found = 0;
  for (std::uint32_t seed = 1; seed <= kTrials; ++seed) {
    const Trial whole = run_trial({.seed = seed, .deaths = {}});
    const TrialOptions options{.seed = seed, .deaths = {whole.changes - 20}, .power = true, .ignores_syncs = true};
    if (!run_trial(options).fault.empty()) ++found;
  }
  std::printf("found out in %u of %u trials\n", found, kTrials);
  EXPECT_GT(found, kTrials / 2);
}

}  // namespace
}  // namespace lumenflow::crash
