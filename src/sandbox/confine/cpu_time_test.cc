#include "sandbox/confine/cpu_time.h"

#include <gtest/gtest.h>

namespace lumenflow::sandbox {
namespace {

TEST(CpuTime, KeepsWhatWasLostForGood) {
  CpuTime time;
  EXPECT_EQ(time.add(100), 100u);
  EXPECT_EQ(time.add(160), 160u);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(time.add(60), 160u);  // a process of 100 is gone, and nobody has waited
  EXPECT_EQ(time.add(90), 190u);
}

TEST(CpuTime, CountsNothingTwiceThatWasMissedForOnce) {
  CpuTime time;
  EXPECT_EQ(time.add(500), 500u);
  EXPECT_EQ(time.add(100), 500u);  // on its way from a process to its parent
  EXPECT_EQ(time.add(510), 510u);
  EXPECT_EQ(time.add(110), 510u);
  EXPECT_EQ(time.add(120), 510u);
  EXPECT_EQ(time.add(530), 530u);
}

}  // namespace
}  // namespace lumenflow::sandbox
