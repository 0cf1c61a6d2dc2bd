// Somebody with the disk in hand alters, deletes, moves, inserts or forks entries of a journal, with as much of the
// rest made to fit as can be. Somebody else kept a checkpoint: against it every one of a thousand such journals is
// found out, and the place is named.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "log/merkle.h"
#include "log/row_codec.h"
#include "log/sqlite_log.h"
#include "log/verify.h"

namespace lumenflow::log {
namespace {

constexpr int kLogs = 100;  // times LUMENFLOW_CRASH_SCALE: all thousand in the long tier
constexpr std::uint64_t kTile = 256;

enum class Deed { kAltered, kDeleted, kReordered, kInserted, kForked };
// What else was made to fit: the bytes alone are changed; the leaves in the rows too; the whole tree, in a new
// database.
enum class Care { kBytes, kLeaves, kTree };

struct Case {
  Deed deed;
  Care care;
  std::vector<std::size_t> rows;      // entries of each row
  std::vector<std::uint64_t> held;    // sizes of the checkpoints that somebody else has, ascending
  std::uint64_t size = 0, place = 0;  // entries; the first position that is another
};

std::string entry(std::uint64_t position) {
  return "{\"n\":" + std::to_string(position) + ",\"type\":\"call.finished\"}";
}

std::uint64_t sum_of(const std::vector<std::size_t>& rows) {
  std::uint64_t sum = 0;
  for (const std::size_t count : rows) sum += count;
  return sum;
}

Case draw(std::mt19937_64& random) {
  const auto below = [&](std::uint64_t n) { return random() % n; };
  Case drawn;
  drawn.care = static_cast<Care>(below(3));
  drawn.deed = drawn.care == Care::kBytes ? Deed::kAltered : static_cast<Deed>(below(5));
  const std::size_t rows = 2 + below(below(2) == 0 ? 12 : 400);
  for (std::size_t i = 0; i < rows; ++i) drawn.rows.push_back(1 + below(4));
  drawn.size = sum_of(drawn.rows);
  for (std::uint64_t i = 1 + below(3); i-- > 0;) drawn.held.push_back(1 + below(drawn.size));
  std::ranges::sort(drawn.held);
  drawn.held.erase(std::unique(drawn.held.begin(), drawn.held.end()), drawn.held.end());
  drawn.place = 1 + below(drawn.held.back());
  return drawn;
}

// The entries as they are after the deed.
std::vector<std::string> forged(const Case& drawn, std::mt19937_64& random) {
  std::vector<std::string> entries;
  for (std::uint64_t n = 1; n <= drawn.size; ++n) entries.push_back(entry(n));
  const auto at = entries.begin() + static_cast<std::ptrdiff_t>(drawn.place - 1);
  const auto left = static_cast<std::uint64_t>(entries.end() - at);
  switch (drawn.deed) {
    case Deed::kAltered:
      at->at(1) ^= 1;
      break;
    case Deed::kDeleted:
      entries.erase(at);
      break;
    case Deed::kInserted:
      entries.insert(at, "{\"n\":0,\"type\":\"call.finished\"}");
      break;
    case Deed::kReordered:
      if (left > 1)
        std::swap(*at, at[static_cast<std::ptrdiff_t>(1 + random() % (left - 1))]);
      else
        *at = entry(1'000'000);  // the last one has none behind it
      break;
    case Deed::kForked:
      for (auto one = at; one != entries.end(); ++one) one->back() = ' ', one->push_back('}');
      break;
  }
  return entries;
}

class Database {
 public:
  explicit Database(const std::string& path) { EXPECT_EQ(sqlite3_open(path.c_str(), &database_), SQLITE_OK); }
  Database(const Database&) = delete;
  ~Database() { sqlite3_close(database_); }
  void run(const std::string& sql) {
    char* error = nullptr;
    EXPECT_EQ(sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, &error), SQLITE_OK) << (error ? error : "");
    sqlite3_free(error);
  }

 private:
  sqlite3* database_ = nullptr;
};

class Forgeries : public testing::Test {
 protected:
  Forgeries() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lumenflow-forgery-XXXXXX").string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    path_ = folder_ + "/journal.db";
  }
  ~Forgeries() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::unique_ptr<Log> open() {
    auto log = open_sqlite_log({.path = path_, .new_log_id = "log-a", .tables = {}, .checkpoint = std::nullopt});
    EXPECT_TRUE(log.ok()) << log.error().to_string();
    return log.ok() ? *std::move(log) : nullptr;
  }
  // A new database with these entries, and the heads at these sizes.
  std::vector<Head> write(const std::vector<std::size_t>& rows, const std::vector<std::string>& entries,
                          const std::vector<std::uint64_t>& sizes) {
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path_ + suffix);
    const std::unique_ptr<Log> log = open();
    std::size_t next = 0;
    for (std::size_t i = 0; next < entries.size(); ++i) {
      const std::size_t count = std::min(i < rows.size() ? rows[i] : 1, entries.size() - next);
      Row row;
      for (std::size_t n = 0; n < count; ++n) row.entries.push_back(entries[next++]);
      EXPECT_TRUE(log->append(std::move(row)).ok());
    }
    EXPECT_TRUE(log->commit().ok());
    std::vector<Head> heads;
    for (const std::uint64_t size : sizes) heads.push_back({log->head().log_id, size, *log->root_at(size)});
    return heads;
  }
  // The rows alone, under the tree that is there.
  void rewrite_rows(const Case& drawn, const std::vector<std::string>& entries) {
    Database database(path_);
    database.run("BEGIN; DELETE FROM rows");
    std::size_t next = 0;
    for (std::size_t i = 0; next < entries.size(); ++i) {
      const std::size_t count = std::min(i < drawn.rows.size() ? drawn.rows[i] : 1, entries.size() - next);
      const std::size_t first = next;
      Row row;
      for (std::size_t n = 0; n < count; ++n) row.entries.push_back(entries[next++]);
      std::string blob;
      std::vector<Hash256> leaves;
      encode_row(row, blob, leaves);
      if (drawn.care == Care::kBytes && first < drawn.place && drawn.place <= next) {
        const std::string was(as_chars(leaf_hash(entry(drawn.place))));
        blob.replace(blob.find(as_chars(leaves[drawn.place - 1 - first])), was.size(), was);
      }
      database.run("INSERT INTO rows(position, entries) VALUES(" + std::to_string(first + 1) + ", x'" +
                   to_hex(as_bytes(blob)) + "')");
    }
    database.run("COMMIT");
  }

  void expect_found(const Case& drawn, const std::vector<Head>& held, std::uint64_t size_now) {
    const std::unique_ptr<Log> log = open();
    ASSERT_NE(log, nullptr);
    const auto report = verify_all(*log, held);
    ASSERT_TRUE(report.ok()) << report.error().to_string();
    EXPECT_FALSE(report->intact);
    EXPECT_LE(report->first_bad, drawn.place) << report->what;
    EXPECT_GE(report->last_bad, drawn.place) << report->what;
    // No further off than the checkpoints around it.
    std::uint64_t before = 0, after = drawn.held.back();
    for (const std::uint64_t size : drawn.held) {
      if (size < drawn.place) before = size;
      if (size >= drawn.place) after = std::min(after, size);
    }
    EXPECT_GT(report->first_bad, before) << report->what;
    EXPECT_LE(report->last_bad, after) << report->what;
    // Exactly, where the tree still says what stood there.
    const std::uint64_t full_tiles = std::min(drawn.size, size_now) / kTile * kTile;
    if (drawn.care == Care::kBytes || (drawn.care == Care::kLeaves && drawn.place <= full_tiles)) {
      EXPECT_EQ(report->first_bad, drawn.place) << report->what;
      EXPECT_EQ(report->last_bad, drawn.place) << report->what;
    }
  }

  std::string folder_, path_;
};

TEST_F(Forgeries, AreAllFoundAndLocatedAgainstACheckpointHeldElsewhere) {
  const char* scale = std::getenv("LUMENFLOW_CRASH_SCALE");
  const int logs = kLogs * (scale == nullptr ? 1 : std::max(1, std::atoi(scale)));
  for (int n = 0; n < logs && !HasFailure(); ++n) {
    std::mt19937_64 random(static_cast<std::uint64_t>(n));
    const Case drawn = draw(random);
    SCOPED_TRACE("log " + std::to_string(n) + ": deed " + std::to_string(static_cast<int>(drawn.deed)) + ", care " +
                 std::to_string(static_cast<int>(drawn.care)) + ", position " + std::to_string(drawn.place) + " of " +
                 std::to_string(drawn.size));
    std::vector<std::string> entries;
    for (std::uint64_t p = 1; p <= drawn.size; ++p) entries.push_back(entry(p));
    const std::vector<Head> held = write(drawn.rows, entries, drawn.held);
    {
      const std::unique_ptr<Log> log = open();
      const auto report = verify_all(*log, held);
      ASSERT_TRUE(report.ok() && report->intact) << "before anybody did anything";
      ASSERT_EQ(report->heads, held.size());
    }
    const std::vector<std::string> after = forged(drawn, random);
    if (drawn.care == Care::kTree)
      write(drawn.rows, after, {});
    else
      rewrite_rows(drawn, after);
    expect_found(drawn, held, after.size());
  }
}

}  // namespace
}  // namespace lumenflow::log
