// Law 2, durable before visible: a writer is killed at arbitrary moments; what it had acknowledged is there.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "log/test_support.h"
#include "log/verify.h"

namespace lumenflow::log {
namespace {

constexpr int kKills = 30;

// Appends until it is killed; says after each commit how far the log is.
[[noreturn]] void write_until_killed(const std::string& path, int report_to) {
  const SqliteLogOptions options{.path = path, .new_log_id = "log-a", .tables = {}, .wal_pages = 40, .checkpoint = {}};
  Result<std::unique_ptr<Log>> opened = open_sqlite_log(options);
  if (!opened.ok()) ::_exit(1);
  Log& log = **opened;
  for (std::size_t n = 0;; ++n) {
    for (std::size_t row = 0; row <= n % 4; ++row)
      if (!log.append(row_of(log, 1 + n % 3, std::string(700, 'b'))).ok()) ::_exit(2);
    const std::uint64_t size = log.next_position().value() - 1;
    if (!log.put("counts", "entries", std::to_string(size)).ok() || !log.commit().ok()) ::_exit(3);
    if (::write(report_to, &size, sizeof size) != sizeof size) ::_exit(4);
  }
}

TEST(Law2DurableBeforeVisible, KilledWriterLosesNothingItAcknowledged) {
  const TemporaryFolder folder;
  const std::string path = folder.file("log.db");
  std::mt19937 random(20260301);
  std::optional<Head> checkpoint;
  for (int round = 0; round < kKills; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) write_until_killed(path, ends[1]);
    ::close(ends[1]);
    std::uint64_t acknowledged = 0;
    for (std::uint32_t left = 1 + random() % 120; left > 0; --left)
      ASSERT_EQ(::read(ends[0], &acknowledged, sizeof acknowledged), static_cast<ssize_t>(sizeof acknowledged));
    for (volatile std::uint32_t spin = random() % 200'000; spin > 0;) spin = spin - 1;
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer failed: " << WEXITSTATUS(status);
    for (std::uint64_t last = 0; ::read(ends[0], &last, sizeof last) == sizeof last;) acknowledged = last;
    ::close(ends[0]);

    const std::unique_ptr<Log> log = open_at(path, checkpoint);
    ASSERT_NE(log, nullptr);
    ASSERT_FALSE(log->condition().damaged) << log->condition().what;
    ASSERT_GE(log->head().size, acknowledged);
    ASSERT_EQ(**log->tables().get("counts", "entries"), std::to_string(log->head().size)) << "nothing by half";
    const auto report = verify_all(*log, {});
    ASSERT_TRUE(report.ok() && report->intact) << report->what;
    checkpoint = log->head();
  }
}

}  // namespace
}  // namespace lumenflow::log
