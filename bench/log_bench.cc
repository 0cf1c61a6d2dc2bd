// The SQLite Log beside bare SQLite over the same bytes: one row of three 300-byte entries and one of a 600-byte body
// per call, `batch` calls per commit. Files go to the folder in LUMENFLOW_BENCH_DIR, else to the system's for temporary
// ones.
//
// LogAtSize and OpenAfterKill first build a log of as many entries: seconds per million.
#include <benchmark/benchmark.h>
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <string>

#include "base/check.h"
#include "log/log.h"
#include "log/row_codec.h"
#include "log/sqlite_log.h"
#include "log/verify.h"

namespace {

namespace fs = std::filesystem;
using namespace lumenflow;

constexpr std::size_t kEntries = 3;
constexpr std::size_t kEntryBytes = 300;
constexpr std::size_t kBodyBytes = 600;
constexpr int kWalPages = 250;

std::string folder() {
  const char* chosen = std::getenv("LUMENFLOW_BENCH_DIR");
  const fs::path path = (chosen != nullptr ? fs::path(chosen) : fs::temp_directory_path()) / "lumenflow-log-bench";
  fs::create_directories(path);
  return path.string();
}

void remove_database(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(path + suffix);
}

std::string random_text(std::size_t bytes) {
  static std::mt19937_64 random(1);
  std::string text(bytes, ' ');
  for (char& c : text) c = static_cast<char>('a' + random() % 26);
  return text;
}

log::Row a_row() {
  log::Row row{{}, random_text(kBodyBytes)};
  for (std::size_t i = 0; i < kEntries; ++i) row.entries.push_back(random_text(kEntryBytes));
  return row;
}

std::unique_ptr<log::Log> open_log(const std::string& path) {
  auto opened = log::open_sqlite_log(
      {.path = path, .new_log_id = "bench", .tables = {"things"}, .wal_pages = kWalPages, .checkpoint = {}});
  LUMENFLOW_CHECK(opened.ok());
  return *std::move(opened);
}

void append_batches(benchmark::State& state, log::Log& log, std::int64_t batch) {
  const log::Row row = a_row();
  for (auto _ : state) {
    for (std::int64_t i = 0; i < batch; ++i) LUMENFLOW_CHECK(log.append(row).ok());
    LUMENFLOW_CHECK(log.commit().ok());
  }
  state.SetItemsProcessed(state.iterations() * batch);
}

// --- the limit ---

class Bare {
 public:
  explicit Bare(const std::string& path) {
    LUMENFLOW_CHECK(sqlite3_open(path.c_str(), &database_) == SQLITE_OK);
    run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=" + std::to_string(kWalPages));
    run("CREATE TABLE t0(position INTEGER PRIMARY KEY, body BLOB); CREATE TABLE t1(position INTEGER PRIMARY KEY, body "
        "BLOB)");
    begin_ = prepare("BEGIN IMMEDIATE"), commit_ = prepare("COMMIT");
    rows_ = prepare("INSERT INTO t0(body) VALUES(?1)"), bodies_ = prepare("INSERT INTO t1(body) VALUES(?1)");
  }
  ~Bare() {
    for (sqlite3_stmt* statement : {begin_, commit_, rows_, bodies_}) sqlite3_finalize(statement);
    sqlite3_close(database_);
  }
  void batch(std::int64_t calls, const std::string& row, const std::string& body) {
    step(begin_);
    for (std::int64_t i = 0; i < calls; ++i) {
      sqlite3_bind_blob(rows_, 1, row.data(), static_cast<int>(row.size()), SQLITE_STATIC);
      sqlite3_bind_blob(bodies_, 1, body.data(), static_cast<int>(body.size()), SQLITE_STATIC);
      step(rows_), step(bodies_);
    }
    step(commit_);
  }

 private:
  void run(const std::string& sql) {
    LUMENFLOW_CHECK(sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  }
  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    LUMENFLOW_CHECK(sqlite3_prepare_v3(database_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) ==
                    SQLITE_OK);
    return statement;
  }
  static void step(sqlite3_stmt* statement) {
    LUMENFLOW_CHECK(sqlite3_step(statement) == SQLITE_DONE && sqlite3_reset(statement) == SQLITE_OK);
  }
  sqlite3* database_ = nullptr;
  sqlite3_stmt *begin_ = nullptr, *commit_ = nullptr, *rows_ = nullptr, *bodies_ = nullptr;
};

void BareSqlite(benchmark::State& state) {
  const std::string path = folder() + "/bare.db";
  remove_database(path);
  {
    Bare bare(path);
    std::string blob;
    std::vector<Hash256> leaves;
    const log::Row row = a_row();
    log::encode_row(row, blob, leaves);
    for (auto _ : state) bare.batch(state.range(0), blob, row.body);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  remove_database(path);
}

void AppendCommit(benchmark::State& state) {
  const std::string path = folder() + "/log.db";
  remove_database(path);
  append_batches(state, *open_log(path), state.range(0));
  remove_database(path);
}

// --- growth ---

const std::string& grown_log(std::int64_t entries) {
  static std::map<std::int64_t, std::string> built;
  std::string& path = built[entries];
  if (!path.empty()) return path;
  path = folder() + "/grown-" + std::to_string(entries) + ".db";
  remove_database(path);
  const auto log = open_log(path);
  const log::Row row = a_row();
  while (log->next_position().value() <= static_cast<std::uint64_t>(entries)) {
    for (int i = 0; i < 1000; ++i) LUMENFLOW_CHECK(log->append(row).ok());
    LUMENFLOW_CHECK(log->commit().ok());
  }
  return path;
}

void LogAtSize(benchmark::State& state) {
  const auto log = open_log(grown_log(state.range(0)));
  append_batches(state, *log, state.range(1));
}

// The files are copied from under an open log, as a kill leaves them: the WAL has to be read again.
void OpenAfterKill(benchmark::State& state) {
  const std::string& from = grown_log(state.range(0));
  const std::string path = folder() + "/killed.db";
  remove_database(path);
  log::Head checkpoint;
  {
    const auto log = open_log(from);
    const log::Row row = a_row();
    for (int i = 0; i < 80; ++i) {
      LUMENFLOW_CHECK(log->append(row).ok() && log->commit().ok());
      if (i == 40) checkpoint = log->head();
    }
    fs::copy_file(from, path);
    fs::copy_file(from + "-wal", path + "-wal.kept");
  }
  for (auto _ : state) {
    state.PauseTiming();
    fs::remove(path + "-shm");
    fs::copy_file(path + "-wal.kept", path + "-wal", fs::copy_options::overwrite_existing);
    state.ResumeTiming();
    auto log = log::open_sqlite_log(
        {.path = path, .new_log_id = "bench", .tables = {"things"}, .wal_pages = kWalPages, .checkpoint = checkpoint});
    LUMENFLOW_CHECK(log.ok() && !(*log)->condition().damaged);
    benchmark::DoNotOptimize(log);
    state.PauseTiming();
    log = Error(ErrorCode::kCancelled, "closed outside the measured time");
    state.ResumeTiming();
  }
  fs::remove(path + "-wal.kept");
  remove_database(path);
}

// --- reading ---

void ReadPage(benchmark::State& state) {
  const auto log = open_log(grown_log(300'000));
  std::mt19937_64 random(2);
  std::int64_t entries = 0;
  for (auto _ : state) {
    const auto page = log->read(Position(random() % 299'000), static_cast<std::size_t>(state.range(0)));
    LUMENFLOW_CHECK(page.ok());
    for (const log::StoredRow& row : *page) entries += static_cast<std::int64_t>(row.entries.size());
  }
  state.SetItemsProcessed(entries);
}

void InclusionProof(benchmark::State& state) {
  const auto log = open_log(grown_log(300'000));
  const std::uint64_t size = log->head().size;
  std::mt19937_64 random(2);
  for (auto _ : state) LUMENFLOW_CHECK(log->inclusion_proof(Position(1 + random() % size), size).ok());
}

void VerifyAll(benchmark::State& state) {
  const auto log = open_log(grown_log(300'000));
  std::int64_t entries = 0;
  for (auto _ : state) {
    const auto report = log::verify_all(*log, {});
    LUMENFLOW_CHECK(report.ok() && report->intact);
    entries += static_cast<std::int64_t>(report->entries);
  }
  state.SetItemsProcessed(entries);
}

BENCHMARK(BareSqlite)->Arg(1)->Arg(10)->Arg(100)->UseRealTime()->MinTime(1);
BENCHMARK(AppendCommit)->Arg(1)->Arg(10)->Arg(100)->UseRealTime()->MinTime(1);
BENCHMARK(LogAtSize)->Args({300, 10})->Args({3'000'000, 10})->UseRealTime()->MinTime(1);
BENCHMARK(OpenAfterKill)
    ->Arg(300)
    ->Arg(300'000)
    ->Arg(3'000'000)
    ->UseRealTime()
    ->Iterations(20)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(ReadPage)->Arg(3)->Arg(300);
BENCHMARK(InclusionProof);
BENCHMARK(VerifyAll)->Unit(benchmark::kMillisecond);

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  fs::remove_all(folder());
  return 0;
}
