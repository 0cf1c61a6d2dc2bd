// What `lumenflow doctor` looks at of retention and backups.
#include "cli/doctor_checks.h"
#include "sidecar/backup_schedule.h"
#include "sidecar/housekeeping.h"

namespace lumenflow::cli {
namespace {

Check check_backups(const Context& context, const sidecar::WorkspacePaths& paths, const kernel::Backup& settings,
                    const WorkspaceId& workspace, const sidecar::BackupStatus& status) {
  const std::string folder = sidecar::backup_folder(paths, settings);
  const auto there = sidecar::list_backups(context.files, folder, workspace);
  if (!there.ok())
    return {"backups", Health::kFault, there.error().message(), "mend the folder, or name another in journal.backup"};
  if (status.failures > 0)
    return {"backups", Health::kFault, "the last " + std::to_string(status.failures) + " failed: " + status.error,
            "mend that; the next is tried within ten minutes while a sidecar runs"};
  if (there->empty())
    return {"backups", Health::kWarning, "none in " + folder + " yet", "the first is made while `lumenflow up` runs"};
  const std::string what =
      std::to_string(there->size()) + " in " + folder + ", the last of " + format_rfc3339(there->back().at);
  if (there->back().at + 2 * settings.interval < context.clock.now())
    return {"backups", Health::kWarning, what + ", which is longer ago than it should be",
            "they are made while `lumenflow up` runs"};
  return {"backups", Health::kOk, what, {}};
}

}  // namespace

void check_housekeeping(const Context& context, const sidecar::WorkspacePaths& paths,
                        const kernel::WorkspaceConfig& config, Checks& checks) {
  const auto read = sidecar::read_housekeeping(context.files, paths);
  const sidecar::HousekeepingStatus status = read.ok() ? *read : sidecar::HousekeepingStatus();
  if (config.backup) checks.push_back(check_backups(context, paths, *config.backup, config.id, status.backup));
  if (!status.retention.error.empty())
    checks.push_back({"retention", Health::kWarning, "it did not end: " + status.retention.error,
                      "old inputs and outputs stay until that is mended"});
  else if (!status.retention.held_by.empty())
    checks.push_back({"retention",
                      Health::kOk,
                      "what is old stays from where it is still needed on: " + status.retention.held_by,
                      {}});
}

}  // namespace lumenflow::cli
