// One bit of the stored journal is another: it is found and said, and no entry is served that was not written so.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <span>

#include "base/logging.h"
#include "harness.h"
#include "log/sqlite_log.h"
#include "log/verify.h"

namespace lumenflow::crash {
namespace {

constexpr std::size_t kSampled = 2'000;

class BitFlips : public testing::Test {
 protected:
  BitFlips() {
    configure_logging(LogLevel::kOff, LogFormat::kText);
    World world(5);
    {
      const auto process = *Process::start(world);
      Workload workload(5);
      while (process->journal().head().size < 270) workload.step(*process);
      process->connected = true;
      EXPECT_TRUE(process->come_to_rest());
      checkpoint_ = process->journal().head();
      entries_ = entries_of(process->journal());
    }
    image_ = disk_.read("journal.db");
    EXPECT_EQ(entries_.size(), checkpoint_.size);
    EXPECT_GT(checkpoint_.size, 256u) << "with a full tile";
    EXPECT_EQ(disk_.read("journal.db-wal"), "") << "all of it is in the database";
  }

  static std::vector<std::string> entries_of(const log::Log& log) {
    std::vector<std::string> entries;
    const auto rows = log.read(Position(0), SIZE_MAX, SIZE_MAX);
    for (const log::StoredRow& row : *rows)
      entries.insert(entries.end(), row.entries.begin(), row.entries.end());
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
    for (Position at; at.value() < std::min<std::uint64_t>(log.head().size, checkpoint_.size);) {
      const auto rows = log.read(at, SIZE_MAX, SIZE_MAX);
      at = at.next();  // past what cannot be read, entry by entry
      if (!rows.ok()) continue;
      for (const log::StoredRow& row : *rows) {
        for (std::size_t i = 0; i < row.entries.size(); ++i)
          EXPECT_EQ(row.entries[i], entries_.at(row.first.value() - 1 + i)) << "served at byte " << byte;
        at = std::max(at, Position(row.first.value() + row.entries.size() - 1));
      }
    }
    const auto report = log::verify_all(log, std::span(&checkpoint_, 1));
    if (!report.ok() || !report->intact) {
      EXPECT_FALSE(report.ok() && report->what.empty()) << "at byte " << byte;
      return true;
    }
    EXPECT_EQ(report->entries, checkpoint_.size);
    return log.condition().damaged;
  }

  SimDisk disk_{5};
  log::Head checkpoint_;
  std::vector<std::string> entries_;
  std::string image_;
};

TEST_F(BitFlips, InAnEntryAreAllFound) {
  std::vector<std::size_t> bytes;  // of entries that stand in one piece
  std::size_t pieces = 0;
  for (const std::string& entry : entries_) {
    const std::size_t at = image_.find(entry);
    if (at == std::string::npos || image_.find(entry, at + 1) != std::string::npos) continue;
    ++pieces;
    for (std::size_t i = 0; i < entry.size(); ++i) bytes.push_back(at + i);
  }
  EXPECT_GT(pieces, entries_.size() / 2);
  std::size_t flips = 0;
  const bool all = scale() > 1;
  std::mt19937 random(1);
  for (std::size_t i = 0; i < (all ? bytes.size() * 8 : kSampled) && !HasFailure(); ++i, ++flips) {
    const std::size_t which = all ? i : random() % (bytes.size() * 8);
    EXPECT_TRUE(found(bytes[which / 8], which % 8)) << "byte " << bytes[which / 8] << ", bit " << which % 8;
  }
  std::printf("%zu flips in %zu of %zu entries\n", flips, pieces, entries_.size());
}

TEST_F(BitFlips, AnywhereServeNothingUntrue) {
  std::mt19937 random(2);
  std::size_t known = 0;
  for (std::size_t i = 0; i < kSampled * scale() && !HasFailure(); ++i)
    known += found(random() % image_.size(), random() % 8) ? 1 : 0;
  std::printf("%zu of %zu flips found in a file of %zu bytes; the others changed no entry\n", known, kSampled * scale(),
              image_.size());
  EXPECT_GT(known, kSampled * scale() / 4);
}

}  // namespace
}  // namespace lumenflow::crash
