// The simulated disk does to SQLite what a real one may do, and no more.
#include "sim_disk.h"

#include <gtest/gtest.h>

#include "log/sqlite_log.h"
#include "log/verify.h"

namespace lumenflow::crash {
namespace {

std::unique_ptr<log::Log> open() {
  log::SqliteLogOptions options;
  options.path = "log.db";
  options.new_log_id = "log-a";
  options.wal_pages = 16;
  auto opened = log::open_sqlite_log(options);
  EXPECT_TRUE(opened.ok()) << opened.error().to_string();
  return opened.ok() ? *std::move(opened) : nullptr;
}

Status append(log::Log& log) {
  LUMENFLOW_TRY(log.append({{"entry " + std::to_string(log.next_position().value())}, std::string(600, 'b')}));
  return log.commit();
}

TEST(SimDisk, KeepsWhatWasWrittenThroughARestart) {
  SimDisk disk(1);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(append(*open()).ok());
  EXPECT_EQ(open()->head().size, 100u);
  EXPECT_GT(disk.changes(), 300u);
  EXPECT_FALSE(disk.read("log.db").empty());
}

TEST(SimDisk, KeepsWhatWasSyncedThroughPowerCuts) {
  SimDisk disk(2);
  std::uint64_t acknowledged = 0;
  for (int round = 0; round < 60; ++round) {
    {
      const auto log = open();
      disk.die_after(static_cast<std::uint64_t>(round));
      while (append(*log).ok()) acknowledged = log->head().size;
      EXPECT_TRUE(disk.dead());
    }
    disk.cut_power();
    const auto log = open();
    ASSERT_GE(log->head().size, acknowledged);
    ASSERT_TRUE(log::verify_all(*log, {})->intact);
  }
}

TEST(SimDisk, LosesWhatWasNotSynced) {
  std::uint64_t lost = 0;
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    SimDisk disk(seed);
    { ASSERT_TRUE(append(*open()).ok()); }
    disk.ignore_syncs(true);
    {
      const auto log = open();
      for (int i = 0; i < 10; ++i) ASSERT_TRUE(append(*log).ok());
      disk.die_after(0);
    }
    disk.cut_power();
    log::SqliteLogOptions options;
    options.path = "log.db";
    const auto log = log::open_sqlite_log(options);
    lost += !log.ok() || (*log)->head().size < 11 ? 1 : 0;
  }
  EXPECT_GT(lost, 5u);
}

TEST(SimDisk, FailsAsOftenAsItIsTold) {
  SimDisk disk(3);
  const auto log = open();
  for (const auto fault : {SimDisk::Fault::kFull, SimDisk::Fault::kError, SimDisk::Fault::kShort}) {
    disk.fail(fault, 0, 1);
    EXPECT_FALSE(append(*log).ok());
    log->rollback();
    EXPECT_TRUE(append(*log).ok());
  }
}

}  // namespace
}  // namespace lumenflow::crash
