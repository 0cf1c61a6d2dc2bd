// `lumenflow backup` and `lumenflow restore`: they read and write the workspace's files themselves, a sidecar may run
// beside a backup.
#include "sidecar/backup.h"

#include <ostream>

#include "cli/commands.h"

namespace lumenflow::cli {
namespace {

Result<sidecar::BackupReport> back_up(const Context& context, const BackupFlags& flags) {
  LUMENFLOW_TRY_ASSIGN(const std::string root, workspace_root(context));
  return sidecar::back_up(context.files, sidecar::WorkspacePaths(root), flags.file);
}

}  // namespace

int run_backup(Context& context, const BackupFlags& flags) {
  const Result<sidecar::BackupReport> report = back_up(context, flags);
  if (!report.ok()) return fail(context, report.error());
  if (flags.json)
    context.out << json::serialize(json::Value(
                       json::Object{{"path", report->path}, {"files", report->files}, {"bytes", report->bytes}}))
                << "\n";
  else
    context.out << "wrote " << report->path << ", " << report->bytes << " bytes: the journal and " << report->files
                << " files. It holds the workspace's private keys; keep it as you keep those\n";
  return 0;
}

int run_restore(Context& context, const BackupFlags& flags) {
  const std::string root = !flags.into.empty() ? flags.into : context.workspace.empty() ? "." : context.workspace;
  const Result<sidecar::RestoreReport> report =
      sidecar::restore(context.files, context.clock, context.random, flags.file, root);
  if (!report.ok()) return fail(context, report.error());
  if (flags.json) {
    context.out << json::serialize(json::Value(json::Object{{"log_id", report->log_id},
                                                            {"former_log_id", report->former_log_id},
                                                            {"entries", report->entries},
                                                            {"wrote_config", report->wrote_config}}))
                << "\n";
    return 0;
  }
  context.out << "restored " << report->entries << " entries of log " << report->former_log_id << "; they go on as log "
              << report->log_id << "\n";
  if (!report->wrote_config) context.out << "the folder's own lumenflow.yaml stays; the backup's was not written\n";
  return 0;
}

}  // namespace lumenflow::cli
