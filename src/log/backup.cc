#include "log/backup.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "base/encoding.h"
#include "base/sha256.h"
#include "log/sqlite_connection.h"

namespace lumenflow::log {
namespace {

constexpr std::int64_t kBackupFormat = 1;

// SQLite's online backup in one step: one snapshot of `from`.
Status copy_pages(Connection& from, Connection& to) {
  sqlite3_backup* copy = sqlite3_backup_init(to.get(), "main", from.get(), "main");
  if (copy == nullptr) return sqlite_error(to.get(), "copying the journal");
  const int stepped = sqlite3_backup_step(copy, -1);
  const int finished = sqlite3_backup_finish(copy);
  if (stepped == SQLITE_DONE && finished == SQLITE_OK) return {};
  Connection& at_fault = sqlite3_errcode(from.get()) == SQLITE_OK ? to : from;
  return sqlite_error(at_fault.get(), "copying the journal");
}

// One file, without a write-ahead log beside it.
Status make_single_file(Connection& database) { return database.execute("PRAGMA journal_mode=DELETE"); }

// Nobody else may read it at any moment: it holds keys, or what the journal does.
Result<Connection> create_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0 && errno == EEXIST) return Error(ErrorCode::kAlreadyExists, path + " is there already");
  if (file < 0) return Error(ErrorCode::kIo, "cannot create " + path + ": " + std::strerror(errno));
  ::close(file);
  return Connection::open(path, Connection::Mode::kReadWrite);
}

// A chain over every value of a query's rows: its type, its length, its bytes.
Status hash_rows(const Connection& database, const std::string& select, Hash256& digest) {
  LUMENFLOW_TRY_ASSIGN(const Statement statement, database.prepare(select));
  const int columns = sqlite3_column_count(statement.get());
  for (Query query(statement);;) {
    LUMENFLOW_TRY_ASSIGN(const bool more, query.next());
    if (!more) return {};
    for (int column = 0; column < columns; ++column) {
      const int type = sqlite3_column_type(statement.get(), column);
      const std::string_view bytes = query.blob(column);  // of a number: its digits
      const std::string before = std::to_string(type) + ":" + std::to_string(bytes.size()) + ":";
      digest = sha256({as_chars(digest), before, bytes});
    }
  }
}

// Of all that the file says: its tables, and their rows in the order of their first column, which is their key.
Result<std::string> content_digest(const Connection& database) {
  Hash256 digest = sha256("lumenflow backup");
  LUMENFLOW_TRY(hash_rows(database, "SELECT name, sql FROM sqlite_master ORDER BY name", digest));
  std::vector<std::string> tables;
  {
    LUMENFLOW_TRY_ASSIGN(
        const Statement names,
        database.prepare("SELECT CAST(name AS BLOB) FROM sqlite_master WHERE type = 'table' ORDER BY name"));
    for (Query query(names);;) {
      LUMENFLOW_TRY_ASSIGN(const bool more, query.next());
      if (!more) break;
      tables.emplace_back(query.blob(0));
    }
  }
  for (const std::string& table : tables) {
    if (table.find('"') != std::string::npos) return Error(ErrorCode::kJournalDamaged, "a table has no proper name");
    const std::string others = table == "meta" ? " WHERE name <> 'backup_digest'" : "";
    LUMENFLOW_TRY(hash_rows(database, "SELECT * FROM \"" + table + "\"" + others + " ORDER BY 1", digest));
  }
  return to_hex(digest);
}

Status check_digest(const Connection& database, const std::string& path) {
  LUMENFLOW_TRY_ASSIGN(const Statement asked, database.prepare("SELECT value FROM meta WHERE name = 'backup_digest'"));
  Query query(asked);
  LUMENFLOW_TRY_ASSIGN(const bool found, query.next());
  const std::string stated = found ? std::string(query.blob(0)) : std::string();
  LUMENFLOW_TRY_ASSIGN(const std::string actual, content_digest(database));
  if (stated == actual) return {};
  return Error(ErrorCode::kJournalDamaged, path + " is damaged: its content is not what was written");
}

Result<Connection> open_backup(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return Error(ErrorCode::kNotFound, "there is no file " + path);
  LUMENFLOW_TRY_ASSIGN(Connection database, Connection::open(path, Connection::Mode::kRead));
  Result<Statement> asked = database.prepare("SELECT value FROM meta WHERE name = 'backup_format'");
  if (!asked.ok()) return Error(ErrorCode::kInvalidInput, path + " is no backup of a workspace");
  Query query(*asked);
  const Result<bool> found = query.next();
  if (!found.ok() || !*found) return Error(ErrorCode::kInvalidInput, path + " is no backup of a workspace");
  if (query.integer(0) != kBackupFormat)
    return Error(ErrorCode::kUnsupportedFormat, path + " was written by a newer version; restore it with that");
  return database;
}

}  // namespace

Status write_backup(const std::string& path, const std::string& database,
                    const std::function<Result<bool>(BackupItem& item)>& next) {
  LUMENFLOW_TRY_ASSIGN(Connection to, create_file(path));
  {
    LUMENFLOW_TRY_ASSIGN(Connection from, Connection::open(database, Connection::Mode::kRead));
    LUMENFLOW_TRY(copy_pages(from, to));
  }
  LUMENFLOW_TRY(make_single_file(to));
  LUMENFLOW_TRY(to.execute(
      "BEGIN; CREATE TABLE backup_items(name TEXT PRIMARY KEY, mode INTEGER NOT NULL, content BLOB NOT NULL)"));
  LUMENFLOW_TRY_ASSIGN(const Statement insert,
                       to.prepare("INSERT INTO backup_items(name, mode, content) VALUES(CAST(?1 AS TEXT), ?2, ?3)"));
  for (BackupItem item;;) {
    LUMENFLOW_TRY_ASSIGN(const bool more, next(item));
    if (!more) break;
    LUMENFLOW_TRY(Query(insert).bind(1, item.name).bind(2, std::int64_t{item.mode}).bind(3, item.content).run());
  }
  LUMENFLOW_TRY(
      to.execute("INSERT INTO meta(name, value) VALUES('backup_format', " + std::to_string(kBackupFormat) + ")"));
  LUMENFLOW_TRY_ASSIGN(const std::string digest, content_digest(to));
  return to.execute("INSERT INTO meta(name, value) VALUES('backup_digest', '" + digest + "'); COMMIT");
}

Status read_backup_items(const std::string& path, const std::function<Status(const BackupItem& item)>& take) {
  LUMENFLOW_TRY_ASSIGN(Connection database, open_backup(path));
  LUMENFLOW_TRY(check_digest(database, path));
  LUMENFLOW_TRY_ASSIGN(const Statement select,
                       database.prepare("SELECT CAST(name AS BLOB), mode, content FROM backup_items ORDER BY name"));
  for (Query query(select);;) {
    LUMENFLOW_TRY_ASSIGN(const bool more, query.next());
    if (!more) return {};
    const BackupItem item{std::string(query.blob(0)), static_cast<std::uint32_t>(query.integer(1)),
                          std::string(query.blob(2))};
    LUMENFLOW_TRY(take(item));
  }
}

Result<std::string> restore_log(const std::string& path, const std::string& database, const std::string& new_log_id) {
  LUMENFLOW_TRY_ASSIGN(Connection to, create_file(database));
  {
    LUMENFLOW_TRY_ASSIGN(Connection from, open_backup(path));
    LUMENFLOW_TRY(copy_pages(from, to));
  }
  LUMENFLOW_TRY(make_single_file(to));
  std::string before;
  {
    LUMENFLOW_TRY_ASSIGN(const Statement asked,
                         to.prepare("SELECT CAST(value AS BLOB) FROM meta WHERE name = 'log_id'"));
    Query query(asked);
    LUMENFLOW_TRY_ASSIGN(const bool found, query.next());
    if (!found) return Error(ErrorCode::kInvalidInput, path + " holds no log");
    before = query.blob(0);
  }
  LUMENFLOW_TRY(to.execute("BEGIN; DROP TABLE backup_items; DELETE FROM meta WHERE name LIKE 'backup_%'"));
  {
    LUMENFLOW_TRY_ASSIGN(const Statement rename, to.prepare("UPDATE meta SET value = ?1 WHERE name = 'log_id'"));
    LUMENFLOW_TRY(Query(rename).bind(1, std::string_view(new_log_id)).run());
  }
  LUMENFLOW_TRY(to.execute("COMMIT; VACUUM"));
  return before;
}

}  // namespace lumenflow::log
