#include "base/private_memory.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>

namespace lumenflow {
namespace {

// In a child each: what is changed cannot be changed back.
TEST(PrivateMemory, NoCoreIsDumpedHereOrByWhoIsStarted) {
  EXPECT_EXIT(
      {
        never_dump_core();
        never_dump_core();
        rlimit limit{};
        ::getrlimit(RLIMIT_CORE, &limit);
        _exit(limit.rlim_cur <= 1 && limit.rlim_max <= 1 ? 7 : 1);
      },
      ::testing::ExitedWithCode(7), "");
}

TEST(PrivateMemory, NobodyElseReadsIt) {
  EXPECT_EXIT(
      {
        const int before = ::prctl(PR_GET_DUMPABLE);
        hide_memory();
        _exit(before == 1 && ::prctl(PR_GET_DUMPABLE) == 0 ? 7 : 1);
      },
      ::testing::ExitedWithCode(7), "");
}

}  // namespace
}  // namespace lumenflow
