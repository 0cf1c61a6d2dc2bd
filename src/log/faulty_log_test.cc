#include <gtest/gtest.h>

#include "log/memory_log.h"
#include "log/test_support.h"

namespace lumenflow::log {
namespace {

class FaultyLogTest : public testing::Test {
 protected:
  FaultyLogTest() { fill(*log_, 4); }
  LogFaults faults_;
  std::unique_ptr<Log> log_ = make_faulty_log(make_memory_log("log-a"), faults_);
};

TEST_F(FaultyLogTest, AFailedWriteLosesTheWholeBatchUntilItIsEnded) {
  ASSERT_TRUE(log_->append({{"before"}, {}}).ok());
  faults_.fail_append = true;
  EXPECT_EQ(code_of(log_->append({{"fails"}, {}})), "JOURNAL_UNAVAILABLE");
  faults_.fail_append = false;
  EXPECT_EQ(code_of(log_->put("things", "k", "v")), "JOURNAL_UNAVAILABLE");
  EXPECT_EQ(code_of(log_->commit()), "JOURNAL_UNAVAILABLE");
  EXPECT_EQ(log_->head().size, 4u);
  ASSERT_TRUE(log_->append({{"after"}, {}}).ok());
  EXPECT_TRUE(log_->commit().ok());
  EXPECT_EQ(log_->row_at(Position(5))->entries.front(), "after");
}

TEST_F(FaultyLogTest, AFailedPutLosesTheBatchToo) {
  ASSERT_TRUE(log_->append({{"before"}, {}}).ok());
  faults_.fail_put = true;
  EXPECT_EQ(code_of(log_->put("things", "k", "v")), "JOURNAL_UNAVAILABLE");
  EXPECT_EQ(code_of(log_->erase("things", "k")), "JOURNAL_UNAVAILABLE");
  faults_.fail_put = false;
  log_->rollback();
  EXPECT_EQ(log_->next_position(), Position(5));
  EXPECT_TRUE(log_->put("things", "k", "v").ok());
  EXPECT_TRUE(log_->commit().ok());
}

TEST_F(FaultyLogTest, ALaterPutOfABatchCanFail) {
  faults_.fail_put_after = 2;
  for (int batch = 0; batch < 2; ++batch) {
    EXPECT_TRUE(log_->put("things", "a", "1").ok());
    EXPECT_TRUE(log_->erase("things", "b").ok());
    EXPECT_EQ(code_of(log_->put("things", "c", "3")), "JOURNAL_UNAVAILABLE");
    log_->rollback();
  }
  EXPECT_EQ(*log_->tables().get("things", "a"), std::nullopt);
}

TEST_F(FaultyLogTest, AFailedCommitUndoesTheBatch) {
  ASSERT_TRUE(log_->append({{"lost"}, {}}).ok());
  ASSERT_TRUE(log_->put("things", "k", "lost").ok());
  faults_.fail_commit = true;
  EXPECT_EQ(code_of(log_->commit()), "JOURNAL_UNAVAILABLE");
  faults_.fail_commit = false;
  EXPECT_TRUE(log_->commit().ok());
  EXPECT_EQ(log_->head().size, 4u);
  EXPECT_EQ(*log_->tables().get("things", "k"), std::nullopt);
}

TEST_F(FaultyLogTest, ReadsFailWhileTold) {
  faults_.fail_read = true;
  EXPECT_EQ(code_of(log_->read(Position(), 1)), "JOURNAL_UNAVAILABLE");
  EXPECT_EQ(code_of(log_->row_at(Position(1))), "JOURNAL_UNAVAILABLE");
  EXPECT_EQ(code_of(log_->tables().get("things", "k")), "JOURNAL_UNAVAILABLE");
  EXPECT_EQ(code_of(log_->snapshot()), "JOURNAL_UNAVAILABLE");
  EXPECT_EQ(code_of(log_->root_at(1)), "JOURNAL_UNAVAILABLE");
  EXPECT_TRUE(log_->append({{"writes go on"}, {}}).ok());
  EXPECT_TRUE(log_->commit().ok());
  faults_.fail_read = false;
  EXPECT_TRUE(log_->read(Position(), 1).ok());
}

}  // namespace
}  // namespace lumenflow::log
