// The Log in one SQLite file: WAL, synchronous=FULL, one writing connection, checkpoints of the WAL on a thread of
// their own.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/executor.h"
#include "log/checkpoint.h"
#include "log/log.h"

namespace lumenflow::log {

struct SqliteLogOptions {
  std::string path;                 // of the database file; its folder exists
  std::string new_log_id;           // used when the database does not exist yet
  std::vector<std::string> tables;  // created when missing
  int wal_pages = 250;              // the WAL is folded back at about this length
  // The last signed checkpoint, when there is one: the Log is compared with it on open.
  std::optional<Head> checkpoint;
  // Not empty: what the caller found damaged (a checkpoint that does not verify); opens read-only.
  std::string damaged = {};
  // The file system cannot be written: nothing is created, and whatever writes fails with JOURNAL_UNAVAILABLE.
  bool read_only = false;
  // Not null: what would be done on a thread beside the writer's is a task of this, which runs it on the writer's
  // thread between two batches; for simulation. Borrowed.
  Executor* beside = nullptr;
};

// IO_ERROR when it cannot be opened, UNSUPPORTED_FORMAT when a newer version wrote it. A damaged Log opens read-only
// and says so in condition().
Result<std::unique_ptr<Log>> open_sqlite_log(const SqliteLogOptions& options);

}  // namespace lumenflow::log
