#include "log/sqlite_log.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>

#include "log/merkle.h"
#include "log/test_support.h"

namespace lumenflow::log {
namespace {

class SqliteLogTest : public testing::Test {
 protected:
  void sql(const std::string& text) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, text.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
    sqlite3_close(database);
  }
  TemporaryFolder folder_;
  const std::string path_ = folder_.file("log.db");
};

TEST_F(SqliteLogTest, EverySizeReopensAsItWas) {
  Frontier expected;
  for (std::uint64_t size = 0; size < 1100;) {
    const std::unique_ptr<Log> log = open_at(path_, Head{"log-a", size, expected.root()});
    ASSERT_FALSE(log->condition().damaged) << log->condition().what;
    ASSERT_EQ(log->head().size, size);
    ASSERT_EQ(log->head().root, expected.root());
    const std::uint64_t next = size + 1 + size % 89;
    for (; size < next; ++size) expected.append(leaf_hash(entry_text(size + 1)));
    fill(*log, size);
  }
}

TEST_F(SqliteLogTest, WhereNothingCanBeWrittenItIsReadAllTheSame) {
  fill(*open_at(path_), 300);
  SqliteLogOptions options;
  options.path = path_;
  options.read_only = true;
  const auto log = open_sqlite_log(options);
  ASSERT_TRUE(log.ok()) << log.error().to_string();
  EXPECT_TRUE((*log)->condition().read_only);
  EXPECT_FALSE((*log)->condition().damaged);
  EXPECT_EQ((*log)->head().size, 300u);
  EXPECT_EQ((*log)->row_at(Position(7))->entries.size(), 1u);
  EXPECT_TRUE((*log)->recheck_tree().ok());
  EXPECT_EQ((*log)->append(row_of(**log, 1)).error().code(), ErrorCode::kJournalUnavailable);
  EXPECT_EQ((*log)->put("a", "k", "v").error().code(), ErrorCode::kJournalUnavailable);
  EXPECT_FALSE(std::filesystem::exists(path_ + "-wal"));
}

TEST_F(SqliteLogTest, EntriesThatStandInTheWriteAheadLogAloneAreNotLeftOutInSilence) {
  const std::unique_ptr<Log> writer = open_at(path_);
  fill(*writer, 3);
  SqliteLogOptions options;
  options.path = path_;
  options.read_only = true;
  const auto log = open_sqlite_log(options);
  ASSERT_FALSE(log.ok());
  EXPECT_NE(log.error().message().find("-wal"), std::string::npos);
}

TEST_F(SqliteLogTest, RowsMayStraddleTilesAndCoverSeveral) {
  Frontier expected;
  for (const std::size_t count : {250u, 10u, 1u, 2000u, 255u, 1u, 300u}) {
    const std::unique_ptr<Log> log = open_at(path_);
    ASSERT_FALSE(log->condition().damaged) << log->condition().what;
    for (std::size_t i = 0; i < count; ++i) expected.append(leaf_hash(entry_text(expected.size() + 1)));
    ASSERT_TRUE(log->append(row_of(*log, count)).ok());
    ASSERT_TRUE(log->commit().ok());
    ASSERT_EQ(log->head().root, expected.root());
    ASSERT_TRUE(log->recheck_tree().ok());
    ASSERT_EQ(log->read(Position(), 1)->front().entries.size(), 250u);
  }
}

TEST_F(SqliteLogTest, TwoLevelsOfTilesReopen) {
  Hash256 root;
  {
    const std::unique_ptr<Log> log = open_at(path_);
    while (log->next_position().value() <= 66'000) ASSERT_TRUE(log->append(row_of(*log, 1000)).ok());
    ASSERT_TRUE(log->commit().ok());
    root = log->head().root;
  }
  const std::unique_ptr<Log> log = open_at(path_, Head{"log-a", 66'000, root});
  EXPECT_FALSE(log->condition().damaged) << log->condition().what;
  EXPECT_EQ(log->head().root, root);
  EXPECT_TRUE(log->recheck_tree().ok());
  const auto proof = *log->inclusion_proof(Position(12'345), 66'000);
  EXPECT_TRUE(verify_inclusion(leaf_hash(entry_text(12'345)), 12'344, 66'000, proof, root));
}

TEST_F(SqliteLogTest, AnUncommittedBatchIsGoneWithTheLog) {
  {
    const std::unique_ptr<Log> log = open_at(path_);
    fill(*log, 3);
    ASSERT_TRUE(log->append({{"never committed"}, {}}).ok());
  }
  EXPECT_EQ(open_at(path_)->head().size, 3u);
}

TEST_F(SqliteLogTest, KeepsItsLogIdAndTakesANewOneOnlyWhenNew) {
  { fill(*open_at(path_), 1); }
  const auto again = open_sqlite_log({.path = path_, .new_log_id = "log-b", .tables = {}, .checkpoint = {}});
  EXPECT_EQ((*again)->head().log_id, "log-a");
  EXPECT_EQ(code_of(open_sqlite_log({.path = folder_.file("other"), .new_log_id = "", .tables = {}, .checkpoint = {}})),
            "INVALID_INPUT");
}

TEST_F(SqliteLogTest, ACheckpointUnderAFormerNameStillHoldsUpToWhereThatEnded) {
  Head before;
  {
    const std::unique_ptr<Log> log = open_at(path_);
    fill(*log, 5);
    before = log->head();
    ASSERT_TRUE(log->rename("log-b").ok());
    ASSERT_TRUE(log->append({{"renamed"}, {}}).ok());
    ASSERT_TRUE(log->commit().ok());
  }
  EXPECT_EQ(open_at(path_, before)->head().log_id, "log-b");
  EXPECT_FALSE(open_at(path_, before)->condition().damaged);
  Head beyond = open_at(path_)->head();
  EXPECT_FALSE(open_at(path_, beyond)->condition().damaged);
  beyond.log_id = "log-a";
  EXPECT_TRUE(open_at(path_, beyond)->condition().damaged) << "no such head was ever under that name";
  EXPECT_TRUE(open_at(path_, Head{"log-c", before.size, before.root})->condition().damaged);
}

TEST_F(SqliteLogTest, ALogShorterThanItsCheckpointIsReadOnly) {
  {
    const std::unique_ptr<Log> log = open_at(path_);
    fill(*log, 10);
  }
  const std::unique_ptr<Log> log = open_at(path_, Head{"log-a", 12, {}});
  EXPECT_TRUE(log->condition().damaged);
  EXPECT_EQ(log->condition().first_affected, 11u);
  EXPECT_EQ(code_of(log->append({{"x"}, {}})), "JOURNAL_DAMAGED");
  EXPECT_EQ(code_of(log->put("things", "k", "v")), "JOURNAL_DAMAGED");
  EXPECT_EQ(code_of(log->erase("things", "k")), "JOURNAL_DAMAGED");
  EXPECT_EQ(log->read(Position(), 100)->size(), open_at(path_)->read(Position(), 100)->size());
}

TEST_F(SqliteLogTest, OpensReadOnlyWhenItsCheckpointDoesNotVerify) {
  { fill(*open_at(path_), 10); }
  const auto log = open_sqlite_log(
      {.path = path_, .new_log_id = "log-b", .tables = {}, .checkpoint = {}, .damaged = "the checkpoint is no text"});
  ASSERT_TRUE(log.ok());
  EXPECT_EQ((*log)->condition().what, "the checkpoint is no text");
  EXPECT_EQ(code_of((*log)->append({{"x"}, {}})), "JOURNAL_DAMAGED");
  EXPECT_TRUE((*log)->row_at(Position(1)).ok());
}

TEST_F(SqliteLogTest, NothingIsAcknowledgedIntoAFileThatIsGone) {
  const std::unique_ptr<Log> log = open_at(path_);
  fill(*log, 3);
  std::filesystem::remove(path_);
  ASSERT_TRUE(log->append({{"x"}, {}}).ok());
  EXPECT_EQ(code_of(log->commit()), "JOURNAL_DAMAGED");
  EXPECT_TRUE(log->condition().damaged);
  EXPECT_EQ(log->head().size, 3u);
}

TEST_F(SqliteLogTest, ANewerFormatIsRefused) {
  { fill(*open_at(path_), 1); }
  sql("UPDATE meta SET value = 2 WHERE name = 'format'");
  EXPECT_EQ(code_of(open_sqlite_log({.path = path_, .new_log_id = "x", .tables = {}, .checkpoint = {}})),
            "UNSUPPORTED_FORMAT");
}

TEST_F(SqliteLogTest, WhatIsNoLogIsRefusedAndLeftAlone) {
  sql("CREATE TABLE somebody_elses(x)");
  EXPECT_EQ(code_of(open_sqlite_log({.path = path_, .new_log_id = "x", .tables = {}, .checkpoint = {}})),
            "JOURNAL_DAMAGED");
  sql("SELECT * FROM somebody_elses");
  EXPECT_EQ(code_of(open_sqlite_log(
                {.path = folder_.file("no/such/folder"), .new_log_id = "x", .tables = {}, .checkpoint = {}})),
            "IO_ERROR");
}

TEST_F(SqliteLogTest, ARowThatSomebodyElseWroteIsNotOverwritten) {
  const std::unique_ptr<Log> log = open_at(path_);
  fill(*log, 3);
  sql("INSERT INTO rows(position, entries) VALUES(4, x'00')");
  EXPECT_EQ(code_of(log->append({{"mine"}, {}})), "JOURNAL_DAMAGED");
  log->rollback();
  EXPECT_EQ(log->head().size, 3u);
}

TEST_F(SqliteLogTest, TheWalStartsOverInsteadOfGrowing) {
  const SqliteLogOptions options{.path = path_, .new_log_id = "log-a", .tables = {}, .wal_pages = 50, .checkpoint = {}};
  const auto log = *open_sqlite_log(options);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(log->append(row_of(*log, 3, std::string(600, 'b'))).ok());
    ASSERT_TRUE(log->commit().ok());
  }
  EXPECT_LT(std::filesystem::file_size(path_ + "-wal"), 3u << 20) << "what was written is several times that";
  EXPECT_GT(std::filesystem::file_size(path_), 500u << 10);
  EXPECT_GE(log->size_bytes(), std::filesystem::file_size(path_));
}

TEST_F(SqliteLogTest, AReaderThatStaysDoesNotHoldUpTheWriter) {
  const SqliteLogOptions options{.path = path_, .new_log_id = "log-a", .tables = {}, .wal_pages = 20, .checkpoint = {}};
  const auto log = *open_sqlite_log(options);
  ASSERT_TRUE(log->put("things", "k", "old").ok());
  ASSERT_TRUE(log->commit().ok());
  auto stays = *log->snapshot();
  for (int i = 0; i < 500; ++i) {
    ASSERT_TRUE(log->append(row_of(*log, 3, std::string(600, 'b'))).ok());
    ASSERT_TRUE(log->put("things", "k", "new").ok());
    ASSERT_TRUE(log->commit().ok());
  }
  EXPECT_EQ(**stays->get("things", "k"), "old");
  EXPECT_EQ(**(*log->snapshot())->get("things", "k"), "new");
}

}  // namespace
}  // namespace lumenflow::log
