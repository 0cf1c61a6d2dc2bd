// One file that holds a Log as it was at one moment, and other files beside it: a SQLite database, the Log's own with
// one table more (docs/formats/backup.md).
//
// One thread. Not for a Log's writer thread: copying takes as long as the disk does.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "lumenflow/result.h"

namespace lumenflow::log {

struct BackupItem {
  std::string name;  // relative, with '/'
  std::uint32_t mode = 0600;
  std::string content;
};

// Writes `path`, which is not there yet (ALREADY_EXISTS), from the Log's database, which may be in use by a writer of
// any process, and from the items that `next` gives until it says there are no more. Durable on return; a file that was
// not finished is for the caller to remove. `next` is called after the Log was copied: what a row names is there.
Status write_backup(const std::string& path, const std::string& database,
                    const std::function<Result<bool>(BackupItem& item)>& next);

// INVALID_INPUT when it is no backup, UNSUPPORTED_FORMAT when a newer version wrote it, JOURNAL_DAMAGED when any of it
// is not as it was written. `take` is given each item after that was checked.
Status read_backup_items(const std::string& path, const std::function<Status(const BackupItem& item)>& take);

// The Log of a backup into a new database, under another log_id; durable on return. The id that it had.
Result<std::string> restore_log(const std::string& path, const std::string& database, const std::string& new_log_id);

}  // namespace lumenflow::log
