// The SQLite Log on a disk that fails: whatever was acknowledged stays, nothing is there by half, and it heals by
// itself.
#include <gtest/gtest.h>

#include <optional>
#include <tuple>

#include "log/faulty_vfs.h"
#include "log/test_support.h"
#include "log/verify.h"

namespace lumenflow::log {
namespace {

std::unique_ptr<Log> open_with(const std::string& path, int wal_pages) {
  const SqliteLogOptions options{
      .path = path, .new_log_id = "log-a", .tables = {}, .wal_pages = wal_pages, .checkpoint = {}};
  Result<std::unique_ptr<Log>> opened = open_sqlite_log(options);
  EXPECT_TRUE(opened.ok()) << opened.error().to_string();
  return opened.ok() ? *std::move(opened) : nullptr;
}

// One batch: 200 entries with a tile among them, bodies, and the count in a table.
Status write_batch(Log& log) {
  for (int i = 0; i < 100; ++i) {
    const Result<Position> done = log.append(row_of(log, 2, std::string(500, 'b')));
    if (!done.ok()) return done.error();
  }
  LUMENFLOW_TRY(log.put("counts", "entries", std::to_string(log.next_position().value() - 1)));
  return log.commit();
}

void expect_sound(const Log& log, std::uint64_t size) {
  EXPECT_FALSE(log.condition().damaged) << log.condition().what;
  EXPECT_EQ(log.head().size, size);
  const auto counted = log.tables().get("counts", "entries");
  EXPECT_EQ(counted->value_or("0"), std::to_string(size)) << "entries and tables commit together";
  const auto report = verify_all(log, {});
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_TRUE(report->intact) << report->what;
}

class DiskFault : public testing::TestWithParam<std::tuple<DiskFaults::Kind, int>> {
 protected:
  TemporaryFolder folder_;
  DiskFaults faults_;
  FaultyVfs vfs_{faults_};
};

TEST_P(DiskFault, UndoesTheBatchAndHealsWithoutReopening) {
  const auto [kind, after] = GetParam();
  std::unique_ptr<Log> log = open_with(folder_.file("log.db"), 1 << 20);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(write_batch(*log).ok());
  faults_.arm(kind, after);
  std::uint64_t acknowledged = 600;
  Status done;
  for (int i = 0; i < 50 && done.ok(); ++i) {
    done = write_batch(*log);
    if (done.ok()) acknowledged += 200;
  }
  ASSERT_EQ(code_of(done), "JOURNAL_UNAVAILABLE");
  log->rollback();
  EXPECT_EQ(log->next_position(), Position(acknowledged + 1));
  EXPECT_EQ(code_of(write_batch(*log)), "JOURNAL_UNAVAILABLE") << "still failing";
  log->rollback();
  expect_sound(*log, acknowledged);

  faults_.heal();
  ASSERT_TRUE(write_batch(*log).ok());
  expect_sound(*log, acknowledged + 200);
  const Head head = log->head();
  log.reset();
  log = open_with(folder_.file("log.db"), 250);
  expect_sound(*log, acknowledged + 200);
  EXPECT_EQ(log->head().root, head.root);
}

INSTANTIATE_TEST_SUITE_P(AtEveryPoint, DiskFault,
                         testing::Combine(testing::Values(DiskFaults::kFull, DiskFaults::kError, DiskFaults::kTorn),
                                          testing::Values(0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144)));

TEST(DiskFaultOfFoldBack, LetsTheWriterGoOnAndHeals) {
  TemporaryFolder folder;
  DiskFaults faults;
  const FaultyVfs vfs(faults);
  std::unique_ptr<Log> log = open_with(folder.file("log.db"), 32);
  faults.only_database = true;
  faults.arm(DiskFaults::kFull, 40);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(write_batch(*log).ok());
  faults.heal();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(write_batch(*log).ok());
  expect_sound(*log, 8000);
  log = open_with(folder.file("log.db"), 32);
  expect_sound(*log, 8000);
}

}  // namespace
}  // namespace lumenflow::log
