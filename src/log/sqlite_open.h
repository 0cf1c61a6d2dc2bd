// Opening a SQLite Log: its schema, and its tree as stored. Used by one thread, once.
#pragma once

#include <map>
#include <string>

#include "log/log.h"
#include "log/log_names.h"
#include "log/sqlite_connection.h"
#include "log/sqlite_log.h"
#include "log/tile.h"

namespace lumenflow::log {

inline constexpr std::int64_t kSqliteLogFormat = 1;

struct OpenedDatabase {
  Connection writer;
  std::string log_id;
  std::map<std::string, std::uint64_t> former;  // the names that it had, with how many entries it had when each ended
};

// Creates what is missing. IO_ERROR, UNSUPPORTED_FORMAT, JOURNAL_DAMAGED (not a Log's database).
Result<OpenedDatabase> open_database(const SqliteLogOptions& options);

// The log's next name, and until when it had the one before; in the open transaction.
Status write_name(const Connection& writer, std::string_view before, const Renaming& renaming);

struct LoadedTree {
  TreeEdge edge;        // of as many entries as follow each other without a gap
  Condition condition;  // what contradicts itself on disk
};

// Rehashes the entries after the last full tile; of the rest reads only the tiles at the right edge.
LoadedTree load_tree(const Connection& database);

}  // namespace lumenflow::log
