// One bit of the stored journal is another: it is found and said, and no entry is served that was not written so.
#include <gtest/gtest.h>

#include <sqlite3.h>

#include <algorithm>
#include <map>
#include <random>
#include <span>
#include <string>
#include <utility>

#include "base/logging.h"
#include "harness.h"
#include "log/sqlite_log.h"
#include "log/verify.h"

namespace lumenflow::crash {
namespace {

constexpr std::size_t kSampled = 2'000;
constexpr std::size_t kPageBytes = 4'096;

class BitFlips : public testing::Test {
 protected:
  // A journal of so many entries or a few more, closed in order.
  void write_journal(std::uint64_t entries) {
    configure_logging(LogLevel::kOff, LogFormat::kText);
    World world(5);
    {
      const auto process = *Process::start(world);
      Workload workload(5);
      while (process->journal().head().size < entries) workload.step(*process);
      process->connected = true;
      EXPECT_TRUE(process->come_to_rest());
      checkpoint_ = process->journal().head();
      entries_ = entries_of(process->journal());
    }
    image_ = disk_.read("journal.db");
    EXPECT_EQ(entries_.size(), checkpoint_.size);
    EXPECT_EQ(disk_.read("journal.db-wal"), "") << "all of it is in the database";
  }

  static std::vector<std::string> entries_of(const log::Log& log) {
    std::vector<std::string> entries;
    const auto rows = log.read(Position(0), SIZE_MAX, SIZE_MAX);
    for (const log::StoredRow& row : *rows) entries.insert(entries.end(), row.entries.begin(), row.entries.end());
    return entries;
  }

  // Whether it was found. Fails the test when an altered entry is served, or what was found is not said.
  bool found(std::size_t byte, unsigned bit) {
    std::string flipped = image_;
    flipped[byte] = static_cast<char>(flipped[byte] ^ (1 << bit));
    disk_.write("journal.db", std::move(flipped));
    for (const char* beside : {"journal.db-wal", "journal.db-journal"}) disk_.remove(beside);
    log::SqliteLogOptions options;
    options.path = "journal.db";
    options.new_log_id = "another";
    options.checkpoint = checkpoint_;
    const auto opened = log::open_sqlite_log(options);
    if (!opened.ok()) {
      EXPECT_FALSE(opened.error().message().empty());
      return true;
    }
    const log::Log& log = **opened;
    if (!expect_true(log, SIZE_MAX)) expect_true(log, 1);
    const auto report = log::verify_all(log, std::span(&checkpoint_, 1));
    if (!report.ok() || !report->intact) {
      EXPECT_FALSE(report.ok() && report->what.empty()) << "at byte " << byte;
      return true;
    }
    EXPECT_EQ(report->entries, checkpoint_.size);
    return log.condition().damaged;
  }

  // Whether everything could be read, so many entries at a time.
  bool expect_true(const log::Log& log, std::size_t page) {
    bool all = true;
    for (Position at; at.value() < std::min<std::uint64_t>(log.head().size, checkpoint_.size);) {
      const auto rows = log.read(at, page, SIZE_MAX);
      at = at.next();
      all = all && rows.ok();
      if (!rows.ok() && page == SIZE_MAX) return false;
      if (!rows.ok()) continue;
      for (const log::StoredRow& row : *rows) {
        for (std::size_t i = 0; i < row.entries.size(); ++i)
          EXPECT_EQ(row.entries[i], entries_.at(row.first.value() - 1 + i)) << "served untrue";
        at = std::max(at, Position(row.first.value() + row.entries.size() - 1));
      }
    }
    return all;
  }

  // Whose each page of the file is, by its number; empty where this SQLite cannot say.
  std::map<std::size_t, std::string> owners_of_pages() {
    std::map<std::size_t, std::string> owners;
    disk_.write("journal.db", image_);
    sqlite3* db = nullptr;
    sqlite3_stmt* pages = nullptr;
    if (sqlite3_open("journal.db", &db) == SQLITE_OK &&
        sqlite3_prepare_v2(db, "SELECT pageno, name FROM dbstat", -1, &pages, nullptr) == SQLITE_OK)
      while (sqlite3_step(pages) == SQLITE_ROW)
        owners[static_cast<std::size_t>(sqlite3_column_int64(pages, 0))] =
            reinterpret_cast<const char*>(sqlite3_column_text(pages, 1));
    sqlite3_finalize(pages);
    sqlite3_close(db);
    return owners;
  }

  SimDisk disk_{5};
  log::Head checkpoint_;
  std::vector<std::string> entries_;
  std::string image_;
};

class BitFlipsOf : public BitFlips, public testing::WithParamInterface<unsigned> {};

// Of every byte in the long tier, else of some.
TEST_P(BitFlipsOf, EveryByteOfAnEntryAreFound) {
  write_journal(40);
  std::vector<std::size_t> bytes;  // of entries, each of which stands in one piece
  for (const std::string& entry : entries_) {
    const std::size_t at = image_.find(entry);
    ASSERT_NE(at, std::string::npos);
    for (std::size_t i = 0; i < entry.size(); ++i) bytes.push_back(at + i);
  }
  if (scale() == 1) {
    std::shuffle(bytes.begin(), bytes.end(), std::mt19937(GetParam()));
    bytes.resize(kSampled / 8);
  }
  for (const std::size_t byte : bytes) {
    ASSERT_TRUE(found(byte, GetParam())) << "byte " << byte;
    ASSERT_FALSE(HasFailure()) << "byte " << byte;
  }
  std::printf("%zu flips in %zu entries\n", bytes.size(), entries_.size());
}

INSTANTIATE_TEST_SUITE_P(Bit, BitFlipsOf, testing::Range(0u, 8u));

TEST_F(BitFlips, AnywhereServeNothingUntrue) {
  write_journal(300);  // with a full tile
  const std::map<std::size_t, std::string> owners = owners_of_pages();
  std::map<std::string, std::pair<std::size_t, std::size_t>> by_owner;  // found, of so many
  std::mt19937 random(2);
  std::size_t known = 0;
  for (std::size_t i = 0; i < kSampled * scale() && !HasFailure(); ++i) {
    const std::size_t byte = random() % image_.size();
    const bool is_found = found(byte, random() % 8);
    const auto owner = owners.find(byte / kPageBytes + 1);
    auto& [found_here, all_here] = by_owner[owner == owners.end() ? "free" : owner->second];
    found_here += is_found ? 1 : 0;
    ++all_here;
    known += is_found ? 1 : 0;
  }
  for (const auto& [owner, counts] : by_owner)
    std::printf("  %-24s %5zu of %5zu found\n", owner.c_str(), counts.first, counts.second);
  std::printf("%zu of %zu flips found in a file of %zu bytes; the others changed no entry\n", known, kSampled * scale(),
              image_.size());
  EXPECT_GT(known, kSampled * scale() / 4);
}

}  // namespace
}  // namespace lumenflow::crash
