#include "log/sqlite_connection.h"

#include <sqlite3.h>

#include <algorithm>

#include "base/check.h"
#include "base/encoding.h"

namespace lumenflow::log {
namespace {

constexpr int kBusyTimeoutMs = 2000;  // somebody else's connection to the file: a backup, an operator's shell

std::string immutable_uri(std::string_view path) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#')
      uri += c == '%' ? "%25" : c == '?' ? "%3f" : "%23";
    else
      uri += c;
  }
  return uri + "?immutable=1";
}

// SQLite's own words, which may quote what stands in a damaged file: for people only where it is plain text.
std::string message_of(sqlite3* database, int code) {
  const std::string_view said = sqlite3_errmsg(database);
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
  if (is_valid_utf8(said) && std::ranges::none_of(said, is_control)) return std::string(said);
  return sqlite3_errstr(code);
}

}  // namespace

Error sqlite_error(sqlite3* database, std::string_view doing) {
  const int code = sqlite3_extended_errcode(database);
  const bool damaged = (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
  return Error(damaged ? ErrorCode::kJournalDamaged : ErrorCode::kJournalUnavailable,
               std::string(doing) + ": " + message_of(database, code) + " (SQLite " + std::to_string(code) + ")");
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Query::~Query() { sqlite3_reset(statement_); }

Query& Query::bind(int index, std::int64_t value) {
  LUMENFLOW_CHECK(sqlite3_bind_int64(statement_, index, value) == SQLITE_OK);
  return *this;
}

Query& Query::bind(int index, std::string_view blob) {
  const char* data = blob.empty() ? "" : blob.data();  // a null pointer would bind NULL
  LUMENFLOW_CHECK(sqlite3_bind_blob64(statement_, index, data, blob.size(), SQLITE_STATIC) == SQLITE_OK);
  return *this;
}

Result<bool> Query::next() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return sqlite_error(sqlite3_db_handle(statement_), "the journal's database");
}

Status Query::run() {
  for (;;) {
    LUMENFLOW_TRY_ASSIGN(const bool more, next());
    if (!more) return {};
  }
}

std::int64_t Query::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string_view Query::blob(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

bool Query::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

void Connection::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Result<Connection> Connection::open(const std::string& path, Mode mode) {
  sqlite3* opened = nullptr;
  const bool immutable = mode == Mode::kImmutable;
  const int access = immutable ? SQLITE_OPEN_READONLY | SQLITE_OPEN_URI : SQLITE_OPEN_READWRITE;
  const int flags = access | SQLITE_OPEN_NOMUTEX | (mode == Mode::kCreate ? SQLITE_OPEN_CREATE : 0);
  const int code = sqlite3_open_v2((immutable ? immutable_uri(path) : path).c_str(), &opened, flags, nullptr);
  Connection connection(opened);
  if (code != SQLITE_OK)
    return Error(ErrorCode::kIo, "opening " + path + ": " + (opened ? sqlite3_errmsg(opened) : "out of memory"));
  sqlite3_extended_result_codes(opened, 1);
  sqlite3_busy_timeout(opened, kBusyTimeoutMs);
  if (immutable) return connection;
  // The writer of a WAL also syncs as its own connection says, and so does whoever folds it back.
  LUMENFLOW_TRY(connection.execute("PRAGMA synchronous=FULL; PRAGMA locking_mode=NORMAL; PRAGMA temp_store=MEMORY;"));
  if (mode == Mode::kRead) LUMENFLOW_TRY(connection.execute("PRAGMA query_only=1"));
  return connection;
}

Status Connection::execute(const std::string& sql) {
  if (sqlite3_exec(get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return sqlite_error(get(), "the journal's database");
}

Result<Statement> Connection::prepare(std::string_view sql) const {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement, nullptr);
  if (code != SQLITE_OK) return sqlite_error(get(), "the journal's database");
  return Statement(statement);
}

}  // namespace lumenflow::log
