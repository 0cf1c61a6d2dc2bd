#include "journal/former_logs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "log/memory_log.h"

namespace lumenflow::journal {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

std::string restored(const std::string& log_id, int size) {
  return R"({"from_log_id":")" + log_id + R"(","from_root":"00","from_size":)" + std::to_string(size) +
         R"(,"ts":"2026-01-01T00:00:00.000Z","type":"workspace.restored","version":"1"})";
}

TEST(FormerLogs, AreThoseItWasRestoredFrom) {
  const auto log = log::make_memory_log("log-c");
  const std::string said = R"({"from_log_id":"log-x","tool":"workspace.restored","type":"call.requested"})";
  for (const std::string& entry : {said, restored("log-a", 1), restored("log-b", 2), restored("log-z", 900)})
    ASSERT_TRUE(log->append({{entry}, {}}).ok());
  ASSERT_TRUE(log->commit().ok());
  const auto former = former_logs(*log);
  ASSERT_TRUE(former.ok());
  EXPECT_THAT(*former, ElementsAre(Pair("log-a", 1), Pair("log-b", 2), Pair("log-z", 3)))
      << "never more than what stands before the entry";
}

}  // namespace
}  // namespace lumenflow::journal
