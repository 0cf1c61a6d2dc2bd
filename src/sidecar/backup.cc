#include "sidecar/backup.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <thread>
#include <vector>

#include "base/encoding.h"
#include "base/ulid.h"
#include "journal/call_row.h"
#include "journal/former_logs.h"
#include "journal/tables.h"
#include "json/canonical.h"
#include "log/backup.h"
#include "log/verify.h"
#include "sidecar/version.h"

namespace lumenflow::sidecar {
namespace {

constexpr std::uint64_t kItemBytesMax = 256u << 20;
constexpr std::string_view kConfigItem = "lumenflow.yaml";
constexpr std::string_view kStateItems = "state/";
constexpr std::string_view kFolders[] = {"keys", "checkpoints", "blobs"};

Error io_error(const std::string& what) { return Error(ErrorCode::kIo, what); }

// A rename, a removal or a new name is durable once its folder is.
Status sync_folder(const std::string& path) {
  const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = folder >= 0 && ::fsync(folder) == 0;
  if (folder >= 0) ::close(folder);
  return synced ? Status() : io_error("cannot sync the folder " + path);
}

Status move(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return io_error("cannot move " + from + " to " + to);
  return sync_folder(parent_path(to));
}

Status clear(const std::string& path) {
  std::error_code failed;
  std::filesystem::remove_all(path, failed);
  return failed ? io_error("cannot remove " + path + ": " + failed.message()) : Status();
}

// Regular files below `folder`, by their paths from the state folder on; what is still being written is left out.
Status list_files(const Files& files, const std::string& state, const std::string& folder,
                  std::vector<std::string>& out) {
  Result<std::vector<std::string>> names = files.list(join_path(state, folder));
  if (!names.ok()) return names.error().code() == ErrorCode::kNotFound ? Status() : names.error();
  for (const std::string& name : *names) {
    const std::string path = join_path(folder, name);
    LUMENFLOW_TRY_ASSIGN(const auto info, files.stat(join_path(state, path)));
    if (!info || info->symlink || name.find(".tmp") != std::string::npos) continue;
    if (!info->directory)
      out.push_back(path);
    else
      LUMENFLOW_TRY(list_files(files, state, path, out));
  }
  return {};
}

// What goes beside the journal, one after the other. Checkpoints are read before the journal is copied, so that none is
// of more entries than the copy has; blobs after, so that every one that a row names is there.
class Items {
 public:
  Items(const Files& files, const WorkspacePaths& paths) : files_(files), paths_(paths) {}

  Status read_checkpoints() {
    std::vector<std::string> names;
    LUMENFLOW_TRY(list_files(files_, paths_.state, "checkpoints", names));
    for (const std::string& name : names) {
      LUMENFLOW_TRY_ASSIGN(std::string content, files_.read(join_path(paths_.state, name), kItemBytesMax));
      checkpoints_.push_back({std::string(kStateItems) + name, 0644, std::move(content)});
    }
    return {};
  }

  Result<bool> next(log::BackupItem& item) {
    if (!listed_) {
      listed_ = true;
      LUMENFLOW_TRY(list_files(files_, paths_.state, "keys", names_));
      LUMENFLOW_TRY(list_files(files_, paths_.state, "blobs", names_));
    }
    if (!checkpoints_.empty()) {
      item = std::move(checkpoints_.back());
      checkpoints_.pop_back();
    } else if (!names_.empty()) {
      const std::string name = std::move(names_.back());
      names_.pop_back();
      LUMENFLOW_TRY_ASSIGN(item, read(join_path(paths_.state, name), std::string(kStateItems) + name));
    } else if (!config_done_) {
      config_done_ = true;
      LUMENFLOW_TRY_ASSIGN(item, read(paths_.config, std::string(kConfigItem)));
    } else {
      return false;
    }
    ++count_;
    return true;
  }
  std::uint64_t count() const { return count_; }

 private:
  Result<log::BackupItem> read(const std::string& path, std::string name) const {
    LUMENFLOW_TRY_ASSIGN(const auto info, files_.stat(path));
    LUMENFLOW_TRY_ASSIGN(std::string content, files_.read(path, kItemBytesMax));
    return log::BackupItem{std::move(name), info ? info->mode & 0777 : 0600, std::move(content)};
  }

  const Files& files_;
  const WorkspacePaths& paths_;
  std::vector<log::BackupItem> checkpoints_;
  std::vector<std::string> names_;
  bool listed_ = false, config_done_ = false;
  std::uint64_t count_ = 0;
};

// Where an item goes below the folder that becomes the state; empty for what has no place there.
std::string place_of(const std::string& name) {
  if (!name.starts_with(kStateItems)) return {};
  const std::string path = name.substr(kStateItems.size());
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string part = path.substr(at, end - at);
    if (part.empty() || part == "." || part == ".." || part.find('\0') != std::string::npos) return {};
    at = end + 1;
  }
  for (const std::string_view folder : kFolders)
    if (path.starts_with(std::string(folder) + "/")) return path;
  return {};
}

// Retention holds the lock for a moment now and then, another backup until it is written.
Result<std::unique_ptr<FileLock>> wait_for_lock(Files& files, const WorkspacePaths& paths) {
  constexpr std::chrono::milliseconds kTurn{20}, kPatience{2'000};
  for (auto left = kPatience;; left -= kTurn) {
    Result<std::unique_ptr<FileLock>> lock = lock_backup(files, paths);
    if (lock.ok() || lock.error().code() != ErrorCode::kWorkspaceLocked || left <= kTurn) return lock;
    std::this_thread::sleep_for(kTurn);
  }
}

class Restore {
 public:
  Restore(Files& files, const Clock& clock, std::string path, std::string root, std::string new_log_id)
      : files_(files),
        clock_(clock),
        path_(std::move(path)),
        final_(std::move(root)),
        staging_(final_.state + ".restoring"),
        database_(join_path(staging_, "journal.db")) {
    report_.log_id = std::move(new_log_id);
  }

  Result<RestoreReport> run() {
    LUMENFLOW_TRY(files_.make_directories(parent_path(final_.state)));
    LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<FileLock> lock, files_.lock(parent_path(final_.state)));
    LUMENFLOW_TRY(check_target());
    LUMENFLOW_TRY(clear(staging_));
    LUMENFLOW_TRY(files_.make_directories(staging_, 0700));
    Status staged = stage();
    if (!staged.ok()) {
      (void)clear(staging_);  // the fault that is told is the first one
      return staged.error();
    }
    if (!config_.empty()) {
      Status written = files_.create(final_.config, config_, 0644);
      report_.wrote_config = written.ok();
      if (!written.ok() && written.error().code() != ErrorCode::kAlreadyExists) return written.error();
    }
    LUMENFLOW_TRY(move(staging_, final_.state));  // an empty folder there is replaced
    return report_;
  }

 private:
  Status check_target() const {
    Result<std::vector<std::string>> there = files_.list(final_.state);
    if (!there.ok()) return there.error().code() == ErrorCode::kNotFound ? Status() : there.error();
    if (there->empty()) return {};
    return Error(ErrorCode::kAlreadyExists,
                 final_.state + " is there already; restore into another folder, or move it aside first");
  }

  Status stage() {
    Status read = log::read_backup_items(path_, [this](const log::BackupItem& item) { return take(item); });
    if (!read.ok() && read.error().message().find(path_) == std::string::npos)
      return std::move(read).error().with_context(path_ + " is no whole backup");
    LUMENFLOW_TRY(std::move(read));
    LUMENFLOW_TRY_ASSIGN(const WorkspaceKeys keys, load_keys(files_, join_path(staging_, "keys")));
    LUMENFLOW_TRY_ASSIGN(report_.former_log_id, log::restore_log(path_, database_, report_.log_id));
    log::SqliteLogOptions options;
    options.path = database_;
    options.new_log_id = report_.log_id;
    options.tables = journal::journal_tables();
    LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<log::Log> log, log::open_sqlite_log(options));
    log::Head former = log->head();
    LUMENFLOW_TRY(check(*log, keys.log_key));
    report_.entries = former.size;
    former.log_id = report_.former_log_id;
    const Result<Position> at =
        log->append({{journal::encode_former("workspace.restored", former, clock_.now(), kVersion)}, {}});
    if (!at.ok()) return at.error();
    LUMENFLOW_TRY(log->commit());
    return log::CheckpointStore(files_, join_path(staging_, "checkpoints"), keys.log_key).write(log->head());
  }

  Status take(const log::BackupItem& item) {
    if (item.name == kConfigItem) {
      config_ = item.content;
      return {};
    }
    std::string place = place_of(item.name);
    if (place.empty()) return Error(ErrorCode::kInvalidInput, path_ + " holds a file that has no place: " + item.name);
    constexpr std::string_view kCheckpoints = "checkpoints/";
    if (place.starts_with(kCheckpoints)) {
      notes_.push_back(item.content);
      place = "checkpoints-before/" + place.substr(kCheckpoints.size());  // another log's: kept, not gone on with
    }
    const std::string path = join_path(staging_, place);
    LUMENFLOW_TRY(files_.make_directories(parent_path(path), 0700));
    return files_.create(path, item.content, item.mode & 0777);
  }

  // Every entry against the checkpoints that came along, every body against its entry.
  Status check(const log::Log& log, const Ed25519KeyPair& key) const {
    std::vector<log::Head> heads;
    for (const std::string& note : notes_) {
      Result<log::Checkpoint> checkpoint = log::parse_checkpoint(note, key.public_key);
      if (!checkpoint.ok())
        return Error(ErrorCode::kJournalDamaged, "a checkpoint in the backup: " + checkpoint.error().message());
      if (checkpoint->head.log_id != report_.former_log_id) continue;  // of before an earlier restore
      checkpoint->head.log_id = report_.log_id;
      heads.push_back(checkpoint->head);
    }
    LUMENFLOW_TRY_ASSIGN(const log::VerifyReport report, log::verify_all(log, heads));
    if (!report.intact) return Error(ErrorCode::kJournalDamaged, "the backup is damaged: " + report.what);
    const journal::BlobStore blobs(files_, join_path(staging_, "blobs"));
    LUMENFLOW_TRY_ASSIGN(const journal::BodiesReport bodies,
                         journal::verify_bodies(log, blobs, key.public_key, report_.former_log_id));
    if (bodies.first_bad != 0) return Error(ErrorCode::kJournalDamaged, "the backup is damaged: " + bodies.what);
    return {};
  }

  Files& files_;
  const Clock& clock_;
  const std::string path_;
  const WorkspacePaths final_;
  const std::string staging_, database_;
  std::string config_;
  std::vector<std::string> notes_;
  RestoreReport report_;
};

}  // namespace

Result<std::unique_ptr<FileLock>> lock_backup(Files& files, const WorkspacePaths& paths) {
  Result<std::unique_ptr<FileLock>> lock = files.lock(paths.keys);
  if (!lock.ok() && lock.error().code() == ErrorCode::kWorkspaceLocked)
    return Error(ErrorCode::kWorkspaceLocked, "a backup of this workspace is being written; try again after that");
  return lock;
}

Result<BackupReport> back_up(Files& files, const WorkspacePaths& paths, const std::string& path,
                             const std::function<bool()>& go_on) {
  LUMENFLOW_TRY(check_confinement(files, paths));
  LUMENFLOW_TRY_ASSIGN(const auto journal, files.stat(paths.journal));
  if (!journal) return Error(ErrorCode::kNotFound, "the workspace has no journal yet: " + paths.journal);
  const std::string folder = std::filesystem::path(path).parent_path().native();
  LUMENFLOW_TRY_ASSIGN(const auto beside, files.stat(folder.empty() ? "." : folder));
  if (!beside || !std::filesystem::is_directory(folder.empty() ? "." : folder))
    return Error(ErrorCode::kNotFound, "there is no folder " + folder + " to write " + path + " to; make it first");
  LUMENFLOW_TRY_ASSIGN(const auto there, files.stat(path));
  if (there) return Error(ErrorCode::kAlreadyExists, path + " is there already; name another file");
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<FileLock> lock, wait_for_lock(files, paths));
  const std::string unfinished = path + ".tmp";
  LUMENFLOW_TRY(clear(unfinished));
  Items items(files, paths);
  LUMENFLOW_TRY(items.read_checkpoints());
  Status written = log::write_backup(unfinished, paths.journal, [&](log::BackupItem& item) -> Result<bool> {
    if (go_on && !go_on()) return Error(ErrorCode::kToolCancelled, "the backup was given up");
    return items.next(item);
  });
  if (written.ok()) written = move(unfinished, path);
  if (!written.ok()) {
    (void)clear(unfinished);  // the fault that is told is the first one
    return written.error();
  }
  LUMENFLOW_TRY_ASSIGN(const auto info, files.stat(path));
  return BackupReport{path, items.count(), info ? info->size_bytes : 0};
}

Result<RestoreReport> restore(Files& files, const Clock& clock, Random& random, const std::string& path,
                              const std::string& root) {
  LUMENFLOW_TRY_ASSIGN(const auto there, files.stat(root));
  LUMENFLOW_TRY(files.make_directories(root));
  LUMENFLOW_TRY_ASSIGN(const std::string real_root, files.real_path(root));
  LUMENFLOW_TRY(check_confinement(files, WorkspacePaths(real_root)));
  Result<RestoreReport> report =
      Restore(files, clock, path, real_root, make_ulid(clock.now(), random.draw16()).str()).run();
  if (!report.ok()) {  // folders that were made for it go again; one that holds anything stays
    std::error_code ignored;
    std::filesystem::remove(parent_path(WorkspacePaths(real_root).state), ignored);
    if (!there) std::filesystem::remove(real_root, ignored);
  }
  return report;
}

}  // namespace lumenflow::sidecar
