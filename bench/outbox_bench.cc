// The outbox with a backlog: how fast it fills, how fast it drains to the local inbox, and what memory that takes, in
// ten parts, so that growth shows; beside bare SQLite that writes the same batches of bytes, one synced commit each.
//
// Usage: outbox_bench [EVENTS]   Files go to the folder in LUMENFLOW_BENCH_DIR, else to the system's temporary one.
#include <sqlite3.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/files.h"
#include "log/sqlite_log.h"
#include "uplink/loopback.h"
#include "uplink/testing/workspace.h"
#include "uplink/uplink.h"

namespace {

namespace fs = std::filesystem;
using namespace lumenflow;
using Seconds = std::chrono::duration<double>;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kPerCommit = 64;
constexpr int kParts = 10;

std::size_t resident_kib() {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("VmRSS:")) return std::strtoull(line.c_str() + 6, nullptr, 10);
  return 0;
}

fs::path fresh_folder() {
  const char* chosen = std::getenv("LUMENFLOW_BENCH_DIR");
  const fs::path path = (chosen != nullptr ? fs::path(chosen) : fs::temp_directory_path()) / "lumenflow-outbox-bench";
  fs::remove_all(path);
  fs::create_directories(path);
  return path;
}

// What the inbox cannot be faster than: the batch as one row of bytes, and a synced commit.
double bare_rate(const fs::path& folder, std::size_t events, std::size_t batch_bytes, std::size_t batch_events) {
  sqlite3* db = nullptr;
  LUMENFLOW_CHECK(sqlite3_open((folder / "bare.db").c_str(), &db) == SQLITE_OK);
  for (const char* sql : {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA wal_autocheckpoint=250",
                          "CREATE TABLE rows(position INTEGER PRIMARY KEY, entries BLOB)"})
    LUMENFLOW_CHECK(sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_stmt* insert = nullptr;
  LUMENFLOW_CHECK(sqlite3_prepare_v2(db, "INSERT INTO rows VALUES(?,?)", -1, &insert, nullptr) == SQLITE_OK);
  const std::string bytes(batch_bytes, 'x');
  const auto start = SteadyClock::now();
  for (std::size_t done = 0; done < events; done += batch_events) {
    sqlite3_bind_int64(insert, 1, static_cast<sqlite3_int64>(done));
    sqlite3_bind_blob(insert, 2, bytes.data(), static_cast<int>(bytes.size()), SQLITE_STATIC);
    LUMENFLOW_CHECK(sqlite3_step(insert) == SQLITE_DONE && sqlite3_reset(insert) == SQLITE_OK);
  }
  const double rate = static_cast<double>(events) / Seconds(SteadyClock::now() - start).count();
  sqlite3_finalize(insert);
  sqlite3_close(db);
  return rate;
}

void report(const char* what, int part, std::size_t events, SteadyClock::duration took) {
  std::printf("%-8s %2d/%d  %9.0f events/s  resident %6zu KiB\n", what, part + 1, kParts,
              static_cast<double>(events) / Seconds(took).count(), resident_kib());
}

void run(std::size_t events) {
  const fs::path folder = fresh_folder();
  log::SqliteLogOptions options;
  options.path = folder / "journal.db";
  options.new_log_id = "bench";
  options.tables = journal::journal_tables();
  uplink::testing::Workspace workspace(*log::open_sqlite_log(options));
  const std::string payload = R"({"evidence_refs":["file:report.md"],"note":")" + std::string(120, 'n') + R"("})";
  const std::size_t part = events / kParts;
  for (int i = 0; i < kParts; ++i) {
    const auto start = SteadyClock::now();
    for (std::size_t done = 0; done < part; done += kPerCommit)
      workspace.emit(event::EventClass::kQueue, std::min(kPerCommit, part - done), payload);
    report("append", i, part, SteadyClock::now() - start);
  }

  auto inbox = *uplink::open_inbox(folder / "inbox.db", "inbox");
  auto link = *uplink::LoopbackLink::open(*inbox, "ws-42");
  PosixFiles files;
  SystemClock clock;
  SystemRandom random;
  const auto begun = SteadyClock::now();
  auto started = *uplink::Uplink::start({workspace.log(), *link, workspace, files, folder / "outbox", clock, random});
  std::printf("start    %.1f ms with %llu pending\n", Seconds(SteadyClock::now() - begun).count() * 1000,
              static_cast<unsigned long long>(workspace.pending()));
  auto last = begun;
  for (int i = 0; i < kParts; ++i) {
    const std::uint64_t goal = events - part * static_cast<std::size_t>(i + 1);
    while (workspace.pending() > goal) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const auto now = SteadyClock::now();
    report("drain", i, part, now - last);
    last = now;
  }
  const double drained = static_cast<double>(part * kParts) / Seconds(last - begun).count();
  const std::uint64_t batches = started->status()->engine.batches_sent;
  started->stop();
  LUMENFLOW_CHECK(inbox->head().size == part * kParts);
  const std::size_t per_batch = part * kParts / batches;
  const std::size_t row_bytes = inbox->row_at(Position(1))->entries[0].size() + 35;  // with its leaf and size
  const double bare = bare_rate(folder, part * kParts, per_batch * row_bytes, per_batch);
  std::printf("drain    %.0f events/s in batches of %zu; bare SQLite %.0f events/s: ratio %.2f\n", drained, per_batch,
              bare, drained / bare);
  fs::remove_all(folder);
}

}  // namespace

int main(int argc, char** argv) {
  run(argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000);
  return 0;
}
