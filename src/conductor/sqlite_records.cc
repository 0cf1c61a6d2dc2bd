#include <algorithm>
#include <mutex>
#include <utility>

#include "conductor/records.h"
#include "log/sqlite_connection.h"

namespace lumenflow::conductor {
namespace {

using log::Connection;
using log::Query;
using log::Statement;

constexpr std::int64_t kFormat = 1;

constexpr const char* kSchema =
    "CREATE TABLE IF NOT EXISTS records(tbl TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, "
    "version INTEGER NOT NULL, PRIMARY KEY(tbl, key)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS state(id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL);"
    "INSERT OR IGNORE INTO state VALUES(1, 0);";

struct Reading {
  explicit Reading(Connection opened) : connection(std::move(opened)) {}
  Connection connection;
  Statement get, scan;
};

struct Writing {
  explicit Writing(Connection opened) : connection(std::move(opened)) {}
  Connection connection;
  Statement version, count, put, erase;
};

class SqliteRecords final : public Records {
 public:
  SqliteRecords(Reading reading, Writing writing) : reading_(std::move(reading)), writing_(std::move(writing)) {}

  Result<std::optional<Record>> get(std::string_view table, std::string_view key) const override {
    const std::lock_guard lock(reading_mutex_);
    Query query(reading_.get);
    query.bind(1, table).bind(2, key);
    LUMENFLOW_TRY_ASSIGN(const bool found, query.next());
    if (!found) return std::optional<Record>();
    return std::optional(
        Record{std::string(key), std::string(query.blob(0)), static_cast<std::uint64_t>(query.integer(1))});
  }

  Result<std::vector<Record>> scan(std::string_view table, std::string_view prefix, std::string_view after,
                                   std::size_t limit) const override {
    const std::lock_guard lock(reading_mutex_);
    Query query(reading_.scan);
    const std::string_view from = std::max(prefix, after);
    query.bind(1, table).bind(2, from);
    std::vector<Record> records;
    while (records.size() < limit) {
      LUMENFLOW_TRY_ASSIGN(const bool more, query.next());
      if (!more || !query.blob(0).starts_with(prefix)) break;
      if (query.blob(0) == after) continue;
      records.push_back(
          {std::string(query.blob(0)), std::string(query.blob(1)), static_cast<std::uint64_t>(query.integer(2))});
    }
    return records;
  }

  Status apply(std::span<const RecordChange> changes) override {
    for (const RecordChange& change : changes) LUMENFLOW_TRY(check_change(change));
    const std::lock_guard lock(writing_mutex_);
    LUMENFLOW_TRY(writing_.connection.execute("BEGIN IMMEDIATE"));
    Status done = write(changes);
    if (done.ok()) done = writing_.connection.execute("COMMIT");
    if (!done.ok()) (void)writing_.connection.execute("ROLLBACK");
    return done;
  }

 private:
  Result<std::int64_t> version_of(const RecordChange& change) const {
    Query query(writing_.version);
    query.bind(1, std::string_view(change.table)).bind(2, std::string_view(change.key));
    LUMENFLOW_TRY_ASSIGN(const bool found, query.next());
    return found ? query.integer(0) : 0;
  }

  Status write(std::span<const RecordChange> changes) {
    for (const RecordChange& change : changes) {
      LUMENFLOW_TRY_ASSIGN(const std::int64_t version, version_of(change));
      if (static_cast<std::uint64_t>(version) != change.expected)
        return Error(ErrorCode::kConflict, "a record of " + change.table + " changed meanwhile");
    }
    LUMENFLOW_TRY(Query(writing_.count).run());
    for (const RecordChange& change : changes) {
      Query query(change.value ? writing_.put : writing_.erase);
      query.bind(1, std::string_view(change.table)).bind(2, std::string_view(change.key));
      if (change.value) query.bind(3, std::string_view(*change.value));
      LUMENFLOW_TRY(query.run());
    }
    return {};
  }

  mutable std::mutex reading_mutex_;
  Reading reading_;
  std::mutex writing_mutex_;
  Writing writing_;
};

Status create(Connection& connection) {
  LUMENFLOW_TRY_ASSIGN(const Statement version, connection.prepare("PRAGMA user_version"));
  std::int64_t found = 0;
  {
    Query query(version);
    LUMENFLOW_TRY(query.next());
    found = query.integer(0);
  }
  if (found > kFormat)
    return Error(ErrorCode::kUnsupportedFormat, "the conductor's records were written by a newer lumenflow");
  return connection.execute("PRAGMA journal_mode=WAL; BEGIN IMMEDIATE; " + std::string(kSchema) +
                            "PRAGMA user_version=" + std::to_string(kFormat) + "; COMMIT;");
}

}  // namespace

Result<std::unique_ptr<Records>> open_sqlite_records(const std::string& path) {
  LUMENFLOW_TRY_ASSIGN(Connection writer, Connection::open(path, Connection::Mode::kCreate));
  LUMENFLOW_TRY(create(writer));
  LUMENFLOW_TRY_ASSIGN(Connection reader, Connection::open(path, Connection::Mode::kRead));
  Writing writing(std::move(writer));
  const auto prepare = [](const Connection& connection, Statement& statement, std::string_view sql) -> Status {
    LUMENFLOW_TRY_ASSIGN(statement, connection.prepare(sql));
    return {};
  };
  // A text given as a blob compares with no text: what is bound here is cast where the column is one.
  LUMENFLOW_TRY(prepare(writing.connection, writing.version,
                        "SELECT version FROM records WHERE tbl = CAST(?1 AS TEXT) AND key = ?2"));
  LUMENFLOW_TRY(prepare(writing.connection, writing.count, "UPDATE state SET version = version + 1"));
  LUMENFLOW_TRY(
      prepare(writing.connection, writing.put,
              "INSERT OR REPLACE INTO records VALUES(CAST(?1 AS TEXT), ?2, ?3, (SELECT version FROM state))"));
  LUMENFLOW_TRY(
      prepare(writing.connection, writing.erase, "DELETE FROM records WHERE tbl = CAST(?1 AS TEXT) AND key = ?2"));
  Reading reading(std::move(reader));
  LUMENFLOW_TRY(prepare(reading.connection, reading.get,
                        "SELECT value, version FROM records WHERE tbl = CAST(?1 AS TEXT) AND key = ?2"));
  LUMENFLOW_TRY(prepare(reading.connection, reading.scan,
                        "SELECT key, value, version FROM records WHERE tbl = CAST(?1 AS TEXT) AND key >= ?2 "
                        "ORDER BY key"));
  return std::unique_ptr<Records>(std::make_unique<SqliteRecords>(std::move(reading), std::move(writing)));
}

}  // namespace lumenflow::conductor
