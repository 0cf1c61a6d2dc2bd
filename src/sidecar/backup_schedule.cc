#include "sidecar/backup_schedule.h"

#include <algorithm>

namespace lumenflow::sidecar {
namespace {

constexpr std::string_view kSuffix = ".backup", kUnfinished = ".backup.tmp";
constexpr std::size_t kStampBytes = 16;  // 20260131T090000Z

// ISO 8601 in its short form, in whole seconds: names in the order of time, for every file system.
std::string stamp(Timestamp at) {
  std::string out;
  const std::string text = format_rfc3339(at);
  for (const char c : text.substr(0, text.find('.')))
    if (c != '-' && c != ':') out += c;
  return out + "Z";
}

std::optional<Timestamp> parse_stamp(std::string_view stamp) {
  if (stamp.size() != kStampBytes) return std::nullopt;
  const std::string s(stamp);
  const Result<Timestamp> at = parse_rfc3339(s.substr(0, 4) + "-" + s.substr(4, 2) + "-" + s.substr(6, 5) + ":" +
                                             s.substr(11, 2) + ":" + s.substr(13));
  return at.ok() ? std::optional(*at) : std::nullopt;
}

std::string prefix_of(const WorkspaceId& workspace) { return "lumenflow-" + workspace.str() + "-"; }

bool is_below(const std::string& path, const std::string& folder) {
  return path == folder || path.starts_with(folder + "/");
}

// Tools may be let into the whole workspace but for .lumenflow, and git follows them.
Status make_folder(Files& files, const WorkspacePaths& paths, const std::string& folder) {
  const std::string own = join_path(paths.root, ".lumenflow");
  const auto refuse = [&](const std::string& real) -> Status {
    if (!is_below(real, paths.root)) return {};
    if (is_below(real, own) && real != own && !is_below(real, paths.state)) return {};
    return Error(ErrorCode::kInvalidConfiguration,
                 "journal.backup.folder is " + real +
                     ", where tools could read the private keys that a backup holds; name a folder outside of the "
                     "workspace, or one like .lumenflow/backups");
  };
  LUMENFLOW_TRY(refuse(folder));  // before anything is made there
  LUMENFLOW_TRY(files.make_directories(folder, 0700));
  LUMENFLOW_TRY_ASSIGN(const std::string real, files.real_path(folder));
  LUMENFLOW_TRY(refuse(real));
  if (!is_below(real, paths.root)) return {};
  Status ignored = files.create(join_path(folder, ".gitignore"), "*\n");
  return ignored.ok() || ignored.error().code() == ErrorCode::kAlreadyExists ? Status() : ignored;
}

Status remove_unfinished(Files& files, const std::string& folder, const WorkspaceId& workspace) {
  LUMENFLOW_TRY_ASSIGN(const std::vector<std::string> names, files.list(folder));
  for (const std::string& name : names)
    if (name.starts_with(prefix_of(workspace)) && name.ends_with(kUnfinished))
      LUMENFLOW_TRY(files.remove(join_path(folder, name)));
  return {};
}

}  // namespace

std::string backup_folder(const WorkspacePaths& paths, const kernel::Backup& settings) {
  std::string folder = settings.folder.starts_with('/') ? settings.folder : join_path(paths.root, settings.folder);
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  return folder;
}

Result<std::vector<ScheduledBackup>> list_backups(const Files& files, const std::string& folder,
                                                  const WorkspaceId& workspace) {
  std::vector<ScheduledBackup> found;
  const Result<std::vector<std::string>> names = files.list(folder);
  if (!names.ok() && names.error().code() == ErrorCode::kNotFound) return found;
  LUMENFLOW_TRY(names);
  const std::string prefix = prefix_of(workspace);
  for (const std::string& name : *names) {
    if (!name.starts_with(prefix) || !name.ends_with(kSuffix) || name.size() < prefix.size() + kSuffix.size()) continue;
    const auto at =
        parse_stamp(std::string_view(name).substr(prefix.size(), name.size() - prefix.size() - kSuffix.size()));
    if (at) found.push_back({join_path(folder, name), *at});
  }
  std::ranges::sort(found, {}, &ScheduledBackup::at);
  return found;
}

Timestamp next_backup(const std::vector<ScheduledBackup>& there, const kernel::Backup& settings) {
  return there.empty() ? Timestamp() : there.back().at + settings.interval;
}

Result<BackupReport> make_backup(Files& files, const WorkspacePaths& paths, const kernel::Backup& settings,
                                 const WorkspaceId& workspace, Timestamp now, const std::function<bool()>& go_on) {
  const std::string folder = backup_folder(paths, settings);
  LUMENFLOW_TRY(make_folder(files, paths, folder));
  LUMENFLOW_TRY(remove_unfinished(files, folder, workspace));
  const std::string name = prefix_of(workspace) + stamp(now) + std::string(kSuffix);
  LUMENFLOW_TRY_ASSIGN(const BackupReport report, back_up(files, paths, join_path(folder, name), go_on));
  LUMENFLOW_TRY_ASSIGN(const std::vector<ScheduledBackup> there, list_backups(files, folder, workspace));
  for (std::size_t i = 0; i + settings.keep < there.size(); ++i) LUMENFLOW_TRY(files.remove(there[i].path));
  return report;
}

}  // namespace lumenflow::sidecar
