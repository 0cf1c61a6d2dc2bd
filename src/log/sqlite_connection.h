// SQLite's C interface as values: a connection, a prepared statement, one use of a statement.
//
// Not thread safe: a connection and its statements belong to one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "lumenflow/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace lumenflow::log {

// JOURNAL_DAMAGED for a corrupt file, JOURNAL_UNAVAILABLE for the rest.
Error sqlite_error(sqlite3* database, std::string_view doing);

class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  explicit operator bool() const { return statement_ != nullptr; }
  sqlite3_stmt* get() const { return statement_.get(); }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// One execution. What is bound and read is borrowed until the next step or the end of the Query, which resets the
// statement: a statement left open would hold its snapshot, and the WAL with it.
class Query {
 public:
  explicit Query(const Statement& statement) : statement_(statement.get()) {}
  Query(const Query&) = delete;
  ~Query();

  Query& bind(int index, std::int64_t value);
  Query& bind(int index, std::string_view blob);
  Result<bool> next();  // whether there is a row
  Status run();         // to the end
  std::int64_t integer(int column) const;
  std::string_view blob(int column) const;
  bool is_null(int column) const;

 private:
  sqlite3_stmt* const statement_;
};

class Connection {
 public:
  enum class Mode { kCreate, kReadWrite, kRead, kImmutable };
  // IO_ERROR. A kRead connection refuses to write; a kImmutable one is for a file that nobody can write, and reads no
  // write-ahead log.
  static Result<Connection> open(const std::string& path, Mode mode);

  Status execute(const std::string& sql);
  Result<Statement> prepare(std::string_view sql) const;  // to be used many times
  sqlite3* get() const { return database_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  explicit Connection(sqlite3* database) : database_(database) {}
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace lumenflow::log
