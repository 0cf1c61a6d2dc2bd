// `lumenflow audit retain`: lets go of stored inputs and outputs that are over their retention, as a running sidecar
// does of itself, or says what would go.
#include <ostream>

#include "base/executor.h"
#include "cli/code_host.h"
#include "cli/commands.h"
#include "cli/diagnostics_output.h"
#include "journal/retain.h"
#include "log/sqlite_log.h"
#include "sidecar/backup.h"
#include "sidecar/housekeeping.h"
#include "sidecar/workspace.h"

namespace lumenflow::cli {
namespace {

constexpr std::size_t kThreads = 2, kQueueMax = 64;

Result<kernel::WorkspaceConfig> read_config(const Context& context, const sidecar::WorkspacePaths& paths) {
  kernel::WorkspacePacks read = sidecar::read_workspace_packs(context.files, paths.config, context.builtin_packs);
  if (read.config) return *std::move(read.config);
  return Error(ErrorCode::kInvalidConfiguration, "lumenflow.yaml has faults; `lumenflow doctor` lists them");
}

// What would go now, blobs not counted.
Result<journal::RetainReport> look_ahead(const Context& context) {
  LUMENFLOW_TRY_ASSIGN(const std::string root, workspace_root(context));
  const sidecar::WorkspacePaths paths(root);
  LUMENFLOW_TRY(sidecar::check_confinement(context.files, paths));
  LUMENFLOW_TRY_ASSIGN(const kernel::WorkspaceConfig config, read_config(context, paths));
  LUMENFLOW_TRY_ASSIGN(const auto database, context.files.stat(paths.journal));
  if (!database) return Error(ErrorCode::kNotFound, "the workspace has no journal yet: " + paths.journal);
  log::SqliteLogOptions options;
  options.path = paths.journal;
  options.new_log_id = "unused";
  options.read_only = sidecar::on_read_only_file_system(paths.state);
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<log::Log> log, log::open_sqlite_log(options));
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<log::Snapshot> now, log->snapshot());
  LUMENFLOW_TRY_ASSIGN(journal::RetentionState state, journal::retention_state(*now));
  LUMENFLOW_TRY_ASSIGN(const journal::RetentionLimit limit, journal::retention_limit(*log));
  const journal::CutTerms terms = sidecar::cut_terms(config, context.clock.now());
  LUMENFLOW_TRY_ASSIGN(const journal::PlannedCut planned, journal::plan_cut(*log, state, terms, limit, SIZE_MAX));
  journal::RetainReport report;
  report.held_by = planned.held_by;
  report.cut = state.recorded = planned.cut;
  for (;;) {
    LUMENFLOW_TRY_ASSIGN(const journal::BodySlice slice, journal::plan_bodies(*log, state, 1024));
    if (slice.empty()) return report;
    state.done = slice.done;
    report.bodies += slice.bodies;
    report.bytes += slice.bytes;
  }
}

Result<journal::RetainReport> let_go(Context& context) {
  LUMENFLOW_TRY_ASSIGN(const std::string root, workspace_root(context));
  CodeHost code(root);
  ThreadPoolExecutor executor(kThreads, kQueueMax);
  sidecar::WorkspacePorts ports{context.files, context.clock, context.random, executor};
  ports.load_code = code.loader();
  ports.programs = code.programs();
  auto opened = sidecar::Workspace::open(ports, root, context.builtin_packs, {});
  if (!opened.ok() && opened.error().code() == ErrorCode::kWorkspaceLocked)
    return Error(ErrorCode::kWorkspaceLocked, "a sidecar runs in " + root + ", and does this of itself");
  if (!opened.ok()) return opened.error();
  sidecar::Workspace& workspace = **opened;
  const journal::RetainPorts retain_ports{
      workspace.log(),
      workspace.blobs(),
      workspace.keys().log_key,
      [&](std::function<Status(log::Log&)> change) { return workspace.change_and_wait(std::move(change)); },
      [] { return true; },
      [&] { return sidecar::lock_backup(context.files, workspace.paths()); }};
  const Timestamp now = context.clock.now();
  Result<journal::RetainReport> report =
      journal::retain(retain_ports, sidecar::cut_terms(workspace.config(), now), now);
  opened->reset();
  executor.finish();
  return report;
}

}  // namespace

int run_audit_retain(Context& context, const AuditFlags& flags) {
  const Result<journal::RetainReport> report = flags.dry_run ? look_ahead(context) : let_go(context);
  if (!report.ok()) return fail(context, report.error());
  if (flags.json) {
    context.out << json::serialize(json::Object{{"dry_run", flags.dry_run},
                                                {"bodies", report->bodies},
                                                {"blobs", report->blobs},
                                                {"bytes", report->bytes},
                                                {"inputs_to", report->cut.inputs.value()},
                                                {"outputs_to", report->cut.outputs.value()},
                                                {"held_by", report->held_by}})
                << "\n";
    return 0;
  }
  context.out << (flags.dry_run ? "would let go of " : "let go of ") << report->bodies << " stored inputs and outputs, "
              << report->bytes << " bytes: inputs up to position " << report->cut.inputs.value() << ", outputs up to "
              << report->cut.outputs.value() << "\n";
  if (!report->held_by.empty()) context.out << "what comes after is still needed by " << report->held_by << "\n";
  return 0;
}

}  // namespace lumenflow::cli
