// Shared by this module's tests: a folder that goes away, rows to append, a SQLite Log at a path.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "log/log.h"
#include "log/sqlite_log.h"

namespace lumenflow::log {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lumenflow-log-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline std::string entry_text(std::uint64_t position) { return "entry number " + std::to_string(position); }

// A row of `count` entries, each naming its position.
inline Row row_of(const Log& log, std::size_t count, std::string body = {}) {
  Row row{{}, std::move(body)};
  for (std::size_t i = 0; i < count; ++i) row.entries.push_back(entry_text(log.next_position().value() + i));
  return row;
}

// Appends and commits until the log has `size` entries: rows of 1, 2, 3, 1, 2, 3 … entries, many to a commit.
inline void fill(Log& log, std::uint64_t size) {
  std::size_t count = 0;
  while (log.next_position().value() <= size) {
    count = count % 3 + 1;
    const std::uint64_t left = size + 1 - log.next_position().value();
    const Result<Position> first = log.append(row_of(log, std::min<std::size_t>(count, left)));
    ASSERT_TRUE(first.ok()) << first.error().to_string();
    const bool commit_now = count == 3 && first->value() % 50 < 5;
    ASSERT_TRUE(!commit_now || log.commit().ok());
  }
  ASSERT_TRUE(log.commit().ok());
}

inline std::unique_ptr<Log> open_at(const std::string& path, std::optional<Head> checkpoint = std::nullopt) {
  const SqliteLogOptions options{
      .path = path, .new_log_id = "log-a", .tables = {"things"}, .checkpoint = std::move(checkpoint)};
  Result<std::unique_ptr<Log>> opened = open_sqlite_log(options);
  EXPECT_TRUE(opened.ok()) << opened.error().to_string();
  return opened.ok() ? *std::move(opened) : nullptr;
}

// "ok", or the code's name.
inline std::string code_of(const Status& status) {
  return status.ok() ? "ok" : std::string(name(status.error().code()));
}
template <class T>
std::string code_of(const Result<T>& result) {
  return result.ok() ? "ok" : std::string(name(result.error().code()));
}

}  // namespace lumenflow::log
