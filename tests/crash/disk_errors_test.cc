// The disk is full for a while, or refuses, or takes a part: callers hear of it, and nothing else is lost.
#include <gtest/gtest.h>

#include "harness.h"

namespace lumenflow::crash {
namespace {

class DiskErrors : public testing::TestWithParam<SimDisk::Fault> {
 protected:
  void run(bool power, std::vector<std::uint64_t> deaths) {
    const std::uint32_t trials = 60 * scale();
    for (std::uint32_t seed = 1; seed <= trials; ++seed)
      ASSERT_EQ(run_trial({.seed = seed, .deaths = deaths, .power = power, .fault = GetParam()}).fault, "");
  }
};

TEST_P(DiskErrors, OfAProcessThatGoesOn) { run(false, {}); }
TEST_P(DiskErrors, OfOneThatIsKilledThen) { run(false, {150, 90}); }
TEST_P(DiskErrors, OfOneWhosePowerIsCutThen) { run(true, {150, 90}); }

INSTANTIATE_TEST_SUITE_P(Fault, DiskErrors,
                         testing::Values(SimDisk::Fault::kFull, SimDisk::Fault::kError, SimDisk::Fault::kShort));

}  // namespace
}  // namespace lumenflow::crash
