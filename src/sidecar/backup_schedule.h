// Backups that are made by themselves: which there are, when the next one is due, and making it.
//
// What is there says when the last one was: a time that was missed is made up once, whatever the number of those
// missed. Any thread, one at a time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/time.h"
#include "kernel/config.h"
#include "sidecar/backup.h"

namespace lumenflow::sidecar {

struct ScheduledBackup {
  std::string path;
  Timestamp at;
};

// Where lumenflow.yaml says: below the workspace's root unless it is absolute.
std::string backup_folder(const WorkspacePaths& paths, const kernel::Backup& settings);
// Those of this workspace, oldest first; whatever else is in the folder is left alone. None where there is no folder.
Result<std::vector<ScheduledBackup>> list_backups(const Files& files, const std::string& folder,
                                                  const WorkspaceId& workspace);
// When the next one is due; the clock's own zero when there is none yet.
Timestamp next_backup(const std::vector<ScheduledBackup>& there, const kernel::Backup& settings);

// Makes the one of now, then deletes the oldest beyond those to keep, and what earlier ones left unfinished.
// INVALID_CONFIGURATION when tools could read the folder: the workspace's private keys are in it. `go_on` is asked now
// and then: false ends it with TOOL_CANCELLED, and nothing is left.
Result<BackupReport> make_backup(Files& files, const WorkspacePaths& paths, const kernel::Backup& settings,
                                 const WorkspaceId& workspace, Timestamp now, const std::function<bool()>& go_on);

}  // namespace lumenflow::sidecar
