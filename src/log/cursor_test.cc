#include "log/cursor.h"

#include <gtest/gtest.h>

#include "log/memory_log.h"
#include "log/test_support.h"

namespace lumenflow::log {
namespace {

class CursorTest : public testing::Test {
 protected:
  CursorTest() { fill(*log_, 10); }
  std::unique_ptr<Log> log_ = make_memory_log("log-a");
  Cursor cursor_{*log_, "handlers/sidekick"};
};

TEST_F(CursorTest, StartsBeforeAllAndMovesWithTheCommit) {
  EXPECT_EQ(*cursor_.position(), Position(0));
  ASSERT_TRUE(cursor_.advance(Position(4)).ok());
  EXPECT_EQ(*cursor_.position(), Position(4)) << "its own batch sees it";
  log_->rollback();
  EXPECT_EQ(*cursor_.position(), Position(0));
  ASSERT_TRUE(cursor_.advance(Position(4)).ok());
  ASSERT_TRUE(log_->commit().ok());
  EXPECT_EQ(*Cursor(*log_, "handlers/sidekick").position(), Position(4));
  EXPECT_EQ(*Cursor(*log_, "another").position(), Position(0));
}

TEST_F(CursorTest, IsMadeOnceAnywhereInTheLog) {
  EXPECT_EQ(*cursor_.stored(), std::nullopt);
  ASSERT_TRUE(cursor_.create(Position(0)).ok());
  EXPECT_EQ(*cursor_.stored(), Position(0));
  EXPECT_FALSE(cursor_.create(Position(0)).ok());
  EXPECT_FALSE(Cursor(*log_, "other").create(Position(1'000'000)).ok());
}

TEST_F(CursorTest, NeverGoesBackNorPastTheEnd) {
  ASSERT_TRUE(cursor_.advance(Position(4)).ok());
  EXPECT_EQ(code_of(cursor_.advance(Position(3))), "INVALID_INPUT");
  EXPECT_EQ(code_of(cursor_.advance(Position(11))), "INVALID_INPUT");
  EXPECT_TRUE(cursor_.advance(Position(4)).ok());
  EXPECT_TRUE(cursor_.advance(Position(10)).ok());
}

TEST_F(CursorTest, DeadLettersAreSetAsideAndTheCursorGoesOn) {
  ASSERT_TRUE(cursor_.dead_letter(Position(1), "crashed").ok());
  ASSERT_TRUE(cursor_.advance(Position(5)).ok());
  ASSERT_TRUE(cursor_.dead_letter(Position(6), "refused").ok());
  ASSERT_TRUE(log_->commit().ok());
  EXPECT_EQ(*cursor_.position(), Position(6));
  const auto letters = *cursor_.dead_letters(Position(), 10);
  ASSERT_EQ(letters.size(), 2u);
  EXPECT_EQ(letters[0].position, Position(1));
  EXPECT_EQ(letters[0].reason, "crashed");
  EXPECT_EQ(letters[0].attempts, 1u);
  EXPECT_EQ(cursor_.dead_letters(Position(1), 10)->size(), 1u);
  EXPECT_EQ(code_of(cursor_.dead_letter(Position(11), "beyond")), "INVALID_INPUT");
  EXPECT_TRUE(Cursor(*log_, "handlers/side").dead_letters(Position(), 10)->empty()) << "a name is not a prefix";
}

TEST_F(CursorTest, ARedrivenLetterKeepsItsCount) {
  ASSERT_TRUE(cursor_.dead_letter(Position(3), "first").ok());
  const auto letter = cursor_.redrive(Position(3));
  ASSERT_TRUE(letter.ok());
  EXPECT_EQ(letter->reason, "first");
  EXPECT_TRUE(cursor_.dead_letters(Position(), 10)->empty());
  EXPECT_EQ(code_of(cursor_.redrive(Position(3))), "NOT_FOUND");
  ASSERT_TRUE(cursor_.dead_letter_again(*letter, "second").ok());
  EXPECT_EQ(cursor_.dead_letters(Position(), 10)->front().attempts, 2u);
  ASSERT_TRUE(cursor_.dead_letter(Position(3), "third").ok());
  EXPECT_EQ(cursor_.dead_letters(Position(), 10)->front().attempts, 3u);
  EXPECT_EQ(*cursor_.position(), Position(3));
}

TEST_F(CursorTest, SaysWhatIsStillNeeded) {
  EXPECT_TRUE(cursor_needs(log_->tables())->empty());
  Cursor other(*log_, "uplink");
  ASSERT_TRUE(cursor_.advance(Position(8)).ok());
  ASSERT_TRUE(other.advance(Position(7)).ok());
  ASSERT_TRUE(log_->commit().ok());
  const auto before = *cursor_needs(log_->tables());
  ASSERT_EQ(before.size(), 2u);
  EXPECT_EQ(before[1].name, "uplink");
  EXPECT_EQ(before[1].at, Position(7));
  EXPECT_FALSE(before[0].dead_letter || before[1].dead_letter);
  ASSERT_TRUE(cursor_.dead_letter(Position(3), "needed").ok());
  EXPECT_EQ((*cursor_needs(log_->tables()))[0].at, Position(8));
  EXPECT_EQ((*cursor_needs(log_->tables()))[0].dead_letter, Position(3));
}

}  // namespace
}  // namespace lumenflow::log
