#include "base/leisure.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <thread>

namespace lumenflow {
namespace {

TEST(Leisure, IsOfTheThreadThatAsksForIt) {
  int asked = -1;
  std::thread([&asked] {
    work_at_leisure();
    asked = ::sched_getscheduler(0);
  }).join();
  EXPECT_EQ(asked, SCHED_IDLE);
  EXPECT_NE(::sched_getscheduler(0), SCHED_IDLE);
}

}  // namespace
}  // namespace lumenflow
