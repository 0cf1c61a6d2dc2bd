// Somebody changes the database behind the Log's back. Whatever was done to the entries before the last checkpoint is
// found and located, and no altered entry is ever served.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>

#include "base/encoding.h"
#include "log/merkle.h"
#include "log/row_codec.h"
#include "log/test_support.h"
#include "log/verify.h"

namespace lumenflow::log {
namespace {

constexpr std::uint64_t kSize = 1500;
// Entries after the last full tile have their leaves in their rows alone; whoever makes those to match is found by the
// checkpoint, which the Log says on open.
constexpr std::uint64_t kTileEnd = 1280;

class Tamper : public testing::Test {
 protected:
  Tamper() {
    const std::unique_ptr<Log> log = open_at(path_);
    fill(*log, kSize);
    checkpoint_ = log->head();
  }

  void sql(const std::string& text) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
    char* error = nullptr;
    EXPECT_EQ(sqlite3_exec(database, text.c_str(), nullptr, nullptr, &error), SQLITE_OK) << (error ? error : "");
    sqlite3_close(database);
  }
  // The row that holds `position`, as it was.
  StoredRow row(std::uint64_t position) { return *open_at(path_)->row_at(Position(position)); }
  void replace_row(Position at, const std::vector<std::string>& entries) {
    std::string blob;
    std::vector<Hash256> leaves;
    encode_row({entries, {}}, blob, leaves);
    sql("UPDATE rows SET entries = x'" + to_hex(as_bytes(blob)) + "' WHERE position = " + std::to_string(at.value()));
  }

  // Opens, reads what can be read, verifies. Fails the test when an entry is served that was not written so.
  VerifyReport verify(bool with_checkpoint = true) {
    const std::unique_ptr<Log> log = open_at(path_, with_checkpoint ? std::optional(checkpoint_) : std::nullopt);
    if (log == nullptr) return {};
    for (std::uint64_t p = 1; p <= std::min(log->head().size, kSize); ++p) {
      const auto found = log->row_at(Position(p));
      if (!found.ok()) continue;
      if (log->condition().damaged && found->first.value() + found->entries.size() > kTileEnd) continue;
      for (std::size_t i = 0; i < found->entries.size(); ++i)
        EXPECT_EQ(found->entries[i], entry_text(found->first.value() + i));
    }
    const auto report = verify_all(*log, std::span(&checkpoint_, 1));
    EXPECT_TRUE(report.ok()) << report.error().to_string();
    EXPECT_TRUE(!log->condition().damaged || code_of(log->append({{"x"}, {}})) == "JOURNAL_DAMAGED");
    return *report;
  }
  void expect_found(std::uint64_t position) {
    const VerifyReport report = verify();
    EXPECT_FALSE(report.intact);
    EXPECT_EQ(report.first_bad, position) << report.what;
    EXPECT_EQ(report.last_bad, position);
    EXPECT_FALSE(report.what.empty());
  }
  // What was done to the row of `position` also made its leaves to match.
  void expect_found_in(const StoredRow& row_before, std::uint64_t position) {
    if (position <= kTileEnd) return expect_found(position);
    const VerifyReport report = verify();
    EXPECT_FALSE(report.intact);
    EXPECT_TRUE(open_at(path_, checkpoint_)->condition().damaged);
    EXPECT_LE(report.first_bad, row_before.first.value() + row_before.entries.size() + 1) << report.what;
    EXPECT_GE(report.last_bad, row_before.first.value());
  }

  TemporaryFolder folder_;
  const std::string path_ = folder_.file("log.db");
  Head checkpoint_;
};

TEST_F(Tamper, NothingDoneNothingFound) {
  const VerifyReport report = verify();
  EXPECT_TRUE(report.intact) << report.what;
  EXPECT_EQ(report.entries, kSize);
  EXPECT_EQ(report.heads, 1u);
}

class TamperAt : public Tamper, public testing::WithParamInterface<std::uint64_t> {};

TEST_P(TamperAt, AChangedEntryUnderItsOldLeaf) {
  const StoredRow before = row(GetParam());
  std::string blob;
  std::vector<Hash256> leaves;
  encode_row({before.entries, {}}, blob, leaves);
  const std::size_t at = blob.rfind(entry_text(GetParam()));
  ASSERT_NE(at, std::string::npos);
  blob[at] = 'E';
  sql("UPDATE rows SET entries = x'" + to_hex(as_bytes(blob)) +
      "' WHERE position = " + std::to_string(before.first.value()));
  expect_found(GetParam());
}

TEST_P(TamperAt, AChangedEntryWithALeafToMatch) {
  const StoredRow before = row(GetParam());
  StoredRow changed = before;
  changed.entries[GetParam() - changed.first.value()] = "something else";
  replace_row(changed.first, changed.entries);
  expect_found_in(before, GetParam());
}

TEST_P(TamperAt, ADroppedRow) {
  const StoredRow dropped = row(GetParam());
  sql("DELETE FROM rows WHERE position = " + std::to_string(dropped.first.value()));
  expect_found(dropped.first.value());
}

TEST_P(TamperAt, AnInsertedEntry) {
  const StoredRow before = row(GetParam());
  StoredRow changed = before;
  const std::size_t index = GetParam() - changed.first.value();
  changed.entries.insert(changed.entries.begin() + static_cast<std::ptrdiff_t>(index), "forged");
  replace_row(changed.first, changed.entries);
  expect_found_in(before, GetParam());
}

TEST_P(TamperAt, AnInsertedEntryWithAllLaterRowsMoved) {
  const StoredRow before = row(GetParam());
  const std::string from = std::to_string(before.first.value());
  sql("UPDATE rows SET position = -position - 1 WHERE position >= " + from +
      "; UPDATE rows SET position = -position WHERE position < 0");
  std::string blob;
  std::vector<Hash256> leaves;
  encode_row({{"forged"}, {}}, blob, leaves);
  sql("INSERT INTO rows(position, entries) VALUES(" + from + ", x'" + to_hex(as_bytes(blob)) + "')");
  expect_found_in(before, before.first.value());
}

INSTANTIATE_TEST_SUITE_P(Everywhere, TamperAt,
                         testing::Values(1u, 2u, 3u, 100u, 255u, 256u, 257u, 258u, 700u, 1024u, 1279u, 1280u, 1281u,
                                         1400u, 1499u, kSize));

// Entries whose row holds others as well.
class TamperInAFullRow : public TamperAt {};

TEST_P(TamperInAFullRow, ADroppedEntryOfARow) {
  StoredRow changed = row(GetParam());
  const std::size_t index = GetParam() - changed.first.value();
  ASSERT_GT(changed.entries.size(), 1u);
  changed.entries.erase(changed.entries.begin() + static_cast<std::ptrdiff_t>(index));
  replace_row(changed.first, changed.entries);
  const VerifyReport report = verify();
  EXPECT_FALSE(report.intact);
  EXPECT_GE(report.first_bad, changed.first.value());
  EXPECT_LE(report.first_bad, changed.first.value() + changed.entries.size());
}

INSTANTIATE_TEST_SUITE_P(Everywhere, TamperInAFullRow,
                         testing::Values(2u, 3u, 100u, 255u, 256u, 257u, 258u, 700u, 1024u, 1280u, 1281u, 1400u, 1499u,
                                         kSize));

// Entries with a row after theirs.
class TamperBeforeTheLastRow : public TamperAt {};

TEST_P(TamperBeforeTheLastRow, TwoRowsSwapped) {
  const StoredRow one = row(GetParam());
  const std::uint64_t next = one.first.value() + one.entries.size();
  ASSERT_LE(next, kSize);
  const StoredRow two = row(next);
  const std::uint64_t a = one.first.value(), b = two.first.value();
  const std::uint64_t b_now = a + two.entries.size();
  sql("UPDATE rows SET position = -1 WHERE position = " + std::to_string(a) +
      "; UPDATE rows SET position = " + std::to_string(a) + " WHERE position = " + std::to_string(b) +
      "; UPDATE rows SET position = " + std::to_string(b_now) + " WHERE position = -1");
  expect_found_in(one, a);
}

INSTANTIATE_TEST_SUITE_P(Everywhere, TamperBeforeTheLastRow,
                         testing::Values(1u, 2u, 3u, 100u, 255u, 256u, 257u, 258u, 700u, 1024u, 1279u, 1280u, 1281u,
                                         1400u));

TEST_F(Tamper, ATileChanged) {
  for (const char* id : {"0", "3", "72057594037927936"}) {  // the last: level 1, tile 0
    SCOPED_TRACE(id);
    std::filesystem::copy_file(path_, folder_.file("copy"));
    sql(std::string("UPDATE tiles SET hashes = zeroblob(32) || substr(hashes, 33) WHERE id = ") + id);
    EXPECT_FALSE(verify().intact);
    sql(std::string("DELETE FROM tiles WHERE id = ") + id);
    EXPECT_FALSE(verify().intact);
    std::filesystem::rename(folder_.file("copy"), path_);
  }
}

TEST_F(Tamper, ATileChangedUnderAnOpenLogThatHasItCached) {
  const std::unique_ptr<Log> log = open_at(path_);
  ASSERT_TRUE(verify_all(*log, {})->intact);
  sql("UPDATE tiles SET hashes = zeroblob(8192) WHERE id = 2");
  const auto report = verify_all(*log, {});
  EXPECT_FALSE(report->intact);
  EXPECT_EQ(report->first_bad, 513u);
}

TEST_F(Tamper, AReaderThatMeetsDamageStopsTheWriting) {
  const std::unique_ptr<Log> log = open_at(path_);
  fill(*log, 1);
  replace_row(row(700).first, {"something else"});
  ASSERT_FALSE(log->condition().damaged);
  EXPECT_EQ(code_of(log->row_at(Position(700))), "JOURNAL_DAMAGED");
  EXPECT_TRUE(log->condition().damaged);
  EXPECT_EQ(log->condition().first_affected, 700u);
  EXPECT_EQ(code_of(log->append({{"x"}, {}})), "JOURNAL_DAMAGED");
  EXPECT_TRUE(log->row_at(Position(1)).ok()) << "the rest is still served";
}

TEST_F(Tamper, TheEndCutOff) {
  const StoredRow last = row(1300);
  sql("DELETE FROM rows WHERE position >= " + std::to_string(last.first.value()));
  const std::unique_ptr<Log> log = open_at(path_, checkpoint_);
  EXPECT_TRUE(log->condition().damaged);
  EXPECT_EQ(log->condition().first_affected, last.first.value());
  expect_found(last.first.value());
}

TEST_F(Tamper, TheEndCutOffWithTheTreeMadeToFit) {
  const StoredRow last = row(256);
  sql("DELETE FROM rows WHERE position >= " + std::to_string(last.first.value()) + "; DELETE FROM tiles");
  const std::unique_ptr<Log> log = open_at(path_, checkpoint_);
  EXPECT_TRUE(log->condition().damaged);
  EXPECT_EQ(log->condition().first_affected, last.first.value());
}

TEST_F(Tamper, AHistoryRewrittenWithAllItsLeavesAndTiles) {
  std::filesystem::remove(path_);
  {
    const std::unique_ptr<Log> forged = open_at(path_);
    ASSERT_TRUE(forged->append({{"another beginning"}, {}}).ok());
    fill(*forged, kSize);
  }
  const std::unique_ptr<Log> log = open_at(path_, checkpoint_);
  EXPECT_TRUE(log->condition().damaged) << "it contradicts the checkpoint, and nothing else";
  const auto report = verify_all(*log, std::span(&checkpoint_, 1));
  EXPECT_FALSE(report->intact);
  EXPECT_EQ(report->first_bad, 1u) << "all up to the checkpoint is in doubt";
  EXPECT_EQ(report->last_bad, kSize);
}

TEST_F(Tamper, AnotherLogInItsPlace) {
  sql("UPDATE meta SET value = 'log-b' WHERE name = 'log_id'");
  EXPECT_TRUE(open_at(path_, checkpoint_)->condition().damaged);
}

TEST_F(Tamper, AnUnprovenRowInFrontOrFarBehind) {
  sql("INSERT INTO rows SELECT 0, entries FROM rows WHERE position = 1");
  EXPECT_FALSE(verify().intact);
  sql("DELETE FROM rows WHERE position = 0; INSERT INTO rows SELECT 1000000000000, entries FROM rows WHERE position = "
      "1");
  const std::unique_ptr<Log> log = open_at(path_, checkpoint_);
  EXPECT_TRUE(log->condition().damaged);
  EXPECT_EQ(log->condition().first_affected, kSize + 1);
  EXPECT_TRUE(log->row_at(Position(kSize)).ok()) << "what is before it is still served";
}

TEST_F(Tamper, ABitFlippedAnywhereInTheFile) {
  std::string pristine;
  {
    std::ifstream in(path_, std::ios::binary);
    pristine.assign(std::istreambuf_iterator<char>(in), {});
  }
  std::mt19937 random(7);
  int harmless = 0;
  for (int round = 0; round < 150; ++round) {
    std::string flipped = pristine;
    const std::size_t at = random() % flipped.size();
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << random() % 8));
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path_ + suffix);
    std::ofstream(path_, std::ios::binary) << flipped;
    SCOPED_TRACE("byte " + std::to_string(at));
    const auto opened =
        open_sqlite_log({.path = path_, .new_log_id = "log-x", .tables = {}, .checkpoint = checkpoint_});
    if (!opened.ok()) continue;  // refused: as good as found
    const auto report = verify_all(**opened, std::span(&checkpoint_, 1));
    if (!report.ok() || !report->intact) continue;
    ++harmless;  // in space that nothing uses: then every entry is as it was
    ASSERT_EQ(report->entries, kSize);
  }
  EXPECT_LT(harmless, 60);
}

}  // namespace
}  // namespace lumenflow::log
