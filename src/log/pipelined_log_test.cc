#include "log/pipelined_log.h"

#include <gtest/gtest.h>

#include <latch>

#include "log/memory_log.h"
#include "log/test_support.h"

namespace lumenflow::log {
namespace {

// A pipelined Log whose first commit on the other thread waits until it is let go.
class PipelinedLogTest : public testing::Test {
 protected:
  PipelinedLogTest() {
    faults_.before_commit = [this] {
      if (std::this_thread::get_id() == here_) return;
      ++commits_;
      in_commit_.count_down();
      let_go_.wait();
      faults_.fail_commit = fails_;
    };
  }
  ~PipelinedLogTest() override {
    if (!let_go_.try_wait()) let_go_.count_down();
  }

  // A batch of two rows, which goes to the other thread, and what its end said.
  void hand_over(const std::string& key) {
    ASSERT_TRUE(log_->append(row_of(*log_, 1)).ok());
    ASSERT_TRUE(log_->append(row_of(*log_, 2)).ok());
    ASSERT_TRUE(log_->put("things", key, "of " + key).ok());
    EXPECT_EQ(log_->commit_soon([this, key](const Status& done) { ended_.push_back(key + ": " + code_of(done)); }),
              std::nullopt);
  }
  // The first batch is being committed; whatever follows waits.
  void hold_first() {
    hand_over("a");
    in_commit_.wait();
  }
  void let_go() {
    let_go_.count_down();
    log_->settle();
  }

  const std::thread::id here_ = std::this_thread::get_id();
  std::latch in_commit_{1};
  std::latch let_go_{1};
  bool fails_ = false;
  int commits_ = 0;  // on the other thread
  LogFaults faults_;
  std::vector<std::string> ended_;  // the committing thread's until it has settled
  std::unique_ptr<Log> log_ = make_pipelined_log(make_faulty_log(make_memory_log("log-a"), faults_));
};

using Strings = std::vector<std::string>;

TEST_F(PipelinedLogTest, TheNextBatchIsFilledWhileOneIsCommitted) {
  hold_first();
  EXPECT_EQ(*log_->append({{"next"}, {}}), Position(4));
  EXPECT_EQ(log_->head().size, 0u);
  EXPECT_EQ(code_of(log_->row_at(Position(1))), "NOT_FOUND") << "readers see what is durable";
  EXPECT_TRUE(ended_.empty());
  let_go();
  EXPECT_EQ(ended_, Strings{"a: ok"});
  EXPECT_EQ(log_->head().size, 3u);
}

TEST_F(PipelinedLogTest, BatchesThatWaitedAreOneCommitInTheirOrder) {
  hold_first();
  hand_over("b");
  hand_over("c");
  let_go();
  EXPECT_EQ(ended_, (Strings{"a: ok", "b: ok", "c: ok"}));
  EXPECT_EQ(commits_, 2);
  EXPECT_EQ(log_->row_at(Position(9))->entries.back(), entry_text(9));
}

TEST_F(PipelinedLogTest, TablesShowWhatWasHandedOver) {
  ASSERT_TRUE(log_->put("things", "durable", "1").ok());
  ASSERT_TRUE(log_->put("things", "erased", "2").ok());
  ASSERT_TRUE(log_->commit().ok());
  hold_first();
  ASSERT_TRUE(log_->erase("things", "erased").ok());
  hand_over("b");
  ASSERT_TRUE(log_->put("things", "b", "again").ok());
  EXPECT_EQ(**log_->tables().get("things", "a"), "of a");
  EXPECT_EQ(**log_->tables().get("things", "b"), "again");
  EXPECT_EQ(*log_->tables().get("things", "erased"), std::nullopt);
  EXPECT_EQ(**log_->tables().get("things", "durable"), "1");
  const auto up = *log_->tables().scan("things", "", "", 2);
  ASSERT_EQ(up.size(), 2u);
  EXPECT_EQ(up[0].key + up[1].key, "ab");
  const auto down = *log_->tables().scan_descending("things", "", "", 2);
  ASSERT_EQ(down.size(), 2u);
  EXPECT_EQ(down[0].key + down[1].key, "durableb");
  EXPECT_EQ(**(*log_->snapshot())->get("things", "erased"), "2") << "a snapshot shows what is durable";
  log_->rollback();
  EXPECT_EQ(**log_->tables().get("things", "b"), "of b") << "only the open batch is undone";
  let_go();
  EXPECT_EQ(*log_->tables().get("things", "erased"), std::nullopt);
  EXPECT_EQ(**log_->tables().get("things", "b"), "of b");
}

TEST_F(PipelinedLogTest, AFailureTakesAlongWhatWasHandedOverAfterIt) {
  fails_ = true;
  hold_first();
  hand_over("b");
  ASSERT_TRUE(log_->append({{"open"}, {}}).ok());
  let_go();
  EXPECT_EQ(ended_, (Strings{"a: JOURNAL_UNAVAILABLE", "b: JOURNAL_UNAVAILABLE"}));
  const auto refused = log_->commit_soon([](const Status&) { ADD_FAILURE() << "it was answered at once"; });
  ASSERT_TRUE(refused);
  EXPECT_EQ(code_of(*refused), "JOURNAL_UNAVAILABLE");
  EXPECT_EQ(log_->next_position(), Position(1));
  EXPECT_EQ(*log_->tables().get("things", "a"), std::nullopt);

  faults_.fail_commit = fails_ = false;
  hand_over("c");
  log_->settle();
  EXPECT_EQ(ended_.back(), "c: ok");
  EXPECT_EQ(log_->row_at(Position(3))->entries.back(), entry_text(3));
}

TEST_F(PipelinedLogTest, OneRowThatNothingWaitsForIsCommittedOnTheSpot) {
  ASSERT_TRUE(log_->append({{"alone"}, {}}).ok());
  const auto done = log_->commit_soon([](const Status&) { ADD_FAILURE() << "it was answered at once"; });
  ASSERT_TRUE(done);
  EXPECT_TRUE(done->ok());
  EXPECT_EQ(log_->head().size, 1u);
  EXPECT_EQ(commits_, 0);
  faults_.fail_commit = true;
  ASSERT_TRUE(log_->append({{"lost"}, {}}).ok());
  EXPECT_EQ(code_of(*log_->commit_soon([](const Status&) {})), "JOURNAL_UNAVAILABLE");
  EXPECT_EQ(log_->next_position(), Position(2));
}

TEST_F(PipelinedLogTest, WhatWasHandedOverIsCommittedBeforeItGoes) {
  hold_first();
  hand_over("b");
  let_go_.count_down();
  log_.reset();
  EXPECT_EQ(ended_, (Strings{"a: ok", "b: ok"}));
}

// Without a thread: what is handed over is committed when the executor is told to, or by whoever cannot wait.
TEST(SteppedLog, CommitsWhenToldAndWhenSettled) {
  ManualExecutor committer;
  LogFaults faults;
  const std::unique_ptr<Log> log = make_pipelined_log(make_faulty_log(make_memory_log("log-a"), faults), 0, committer);
  std::vector<std::string> ended;
  const auto hand_over = [&](const std::string& name) {
    ASSERT_TRUE(log->append(row_of(*log, 1)).ok());
    EXPECT_EQ(log->commit_soon([&, name](const Status& done) { ended.push_back(name + ": " + code_of(done)); }),
              std::nullopt);
  };
  hand_over("a");
  hand_over("b");
  EXPECT_EQ(log->head().size, 0u);
  EXPECT_EQ(committer.pending(), 1u) << "one task takes all that waits";
  ASSERT_TRUE(committer.run_one());
  EXPECT_EQ(log->head().size, 2u);
  hand_over("c");
  log->settle();
  EXPECT_EQ(log->head().size, 3u);
  ASSERT_TRUE(committer.run_one()) << "its task comes late";
  EXPECT_EQ(ended, (Strings{"a: ok", "b: ok", "c: ok"}));

  faults.fail_commit = true;
  hand_over("d");
  hand_over("e");
  ASSERT_TRUE(committer.run_one());
  EXPECT_EQ(log->head().size, 3u);
  log->rollback();
  EXPECT_EQ(log->next_position(), Position(4));
  EXPECT_EQ(ended.size(), 5u);
}

}  // namespace
}  // namespace lumenflow::log
