// A workspace's state as one file, and back: journal, stored inputs and results, checkpoints, keys and lumenflow.yaml.
//
// A backup holds the private keys: whoever has it can sign as the workspace. It is written with mode 0600.
// Any thread; a backup may be taken beside a running sidecar. Restoring needs a folder where none has run.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/files.h"
#include "base/random.h"
#include "base/time.h"
#include "sidecar/workspace.h"

namespace lumenflow::sidecar {

struct BackupReport {
  std::string path;
  std::uint64_t files = 0;  // besides the journal
  std::uint64_t bytes = 0;  // of the backup
};

// What a backup holds while it is written: one at a time, and nothing that an entry names goes away meanwhile. It is on
// the folder of the keys, which is there wherever there is a journal. WORKSPACE_LOCKED when another has it.
Result<std::unique_ptr<FileLock>> lock_backup(Files& files, const WorkspacePaths& paths);

// All or nothing, durable on return, through a file beside it. ALREADY_EXISTS when `path` is there; NOT_FOUND when the
// workspace has no journal yet; WORKSPACE_LOCKED while another backup is written.
// `go_on`, where given, is asked now and then: false ends it with TOOL_CANCELLED.
Result<BackupReport> back_up(Files& files, const WorkspacePaths& paths, const std::string& path,
                             const std::function<bool()>& go_on = {});

struct RestoreReport {
  std::string log_id, former_log_id;
  std::uint64_t entries = 0;  // that the backup had
  bool wrote_config = false;  // else the folder had a lumenflow.yaml, which stays
};

// Into `root`, which has no state yet (ALREADY_EXISTS). Every entry is rechecked against the backup's own checkpoints
// first: JOURNAL_DAMAGED, and nothing is there. The journal goes on under a log_id of its own, with an entry that names
// the former one and its head, and a checkpoint of that; the former checkpoints are kept beside. All or nothing: a
// restore that was cut short leaves a folder aside that the next one clears.
Result<RestoreReport> restore(Files& files, const Clock& clock, Random& random, const std::string& path,
                              const std::string& root);

}  // namespace lumenflow::sidecar
