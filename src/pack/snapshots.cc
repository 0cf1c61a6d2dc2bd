#include "pack/snapshots.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/files.h"
#include "base/logging.h"

namespace lumenflow::pack {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kUnfinished = ".new-";
constexpr std::string_view kOutside = ".outside";  // in a snapshot: copies of files that lie outside of the pack
constexpr ::mode_t kFolderMode = 0555, kFileMode = 0444, kProgramMode = 0555;

Error failed(const std::string& path) { return Error(ErrorCode::kIo, path + ": " + std::strerror(errno)); }

Status sync_folder(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return failed(path);
  Status status;
  if (::fsync(fd) != 0) status = failed(path);
  ::close(fd);
  return status;
}

Status write_file(const std::string& path, std::string_view content, bool executable) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return failed(path);
  Status status;
  for (std::string_view rest = content; !rest.empty() && status.ok();) {
    const ssize_t n = ::write(fd, rest.data(), rest.size());
    if (n >= 0)
      rest.remove_prefix(static_cast<std::size_t>(n));
    else if (errno != EINTR)
      status = failed(path);
  }
  if (status.ok() && ::fchmod(fd, executable ? kProgramMode : kFileMode) != 0) status = failed(path);
  if (status.ok() && ::fsync(fd) != 0) status = failed(path);
  if (::close(fd) != 0 && status.ok()) status = failed(path);
  return status;
}

Status make_folders(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  return error ? Status(Error(ErrorCode::kIo, path + ": " + error.message())) : Status();
}

// Folders in which nothing can be removed are opened first.
void remove_tree(const std::string& root) {
  std::error_code error;
  if (fs::is_directory(fs::symlink_status(root, error))) {
    ::chmod(root.c_str(), 0700);
    for (fs::recursive_directory_iterator at(root, error), end; !error && at != end; at.increment(error))
      if (fs::is_directory(at->symlink_status(error))) ::chmod(at->path().c_str(), 0700);
  }
  fs::remove_all(root, error);
  if (error) write_log(LogLevel::kWarn, "pack", "a snapshot cannot be removed", {{"reason", error.message()}});
}

// Makes the tree read-only and durable, leaves first.
Status seal(const std::string& root) {
  std::vector<std::string> folders = {root};
  std::error_code error;
  for (fs::recursive_directory_iterator at(root, error), end; !error && at != end; at.increment(error))
    if (fs::is_directory(at->symlink_status(error))) folders.push_back(at->path().string());
  if (error) return Error(ErrorCode::kIo, root + ": " + error.message());
  std::ranges::reverse(folders);
  for (const std::string& folder : folders) {
    if (::chmod(folder.c_str(), kFolderMode) != 0) return failed(folder);
    LUMENFLOW_TRY(sync_folder(folder));
  }
  return {};
}

// Where the copy of an outside file stands in its snapshot: by content, so that equal names do not meet.
std::string copy_of(const OutsideFile& outside) {
  return std::string(kOutside) + "/" + outside.file.sha256.substr(0, 16) + "/" +
         fs::path(outside.path).filename().string();
}

// All files that a snapshot of this content has.
std::vector<FolderFile> files_of(const FolderContent& content) {
  std::vector<FolderFile> files = content.files;
  for (const OutsideFile& outside : content.outside) {
    FolderFile file{copy_of(outside), outside.file.executable, outside.file.sha256};
    if (!outside.of_system && std::ranges::find(files, file.path, &FolderFile::path) == files.end())
      files.push_back(std::move(file));
  }
  std::ranges::sort(files, {}, &FolderFile::path);
  return files;
}

// Whether the snapshot is, to the last file, what it was.
bool holds(const std::string& folder, std::vector<FolderFile> expected) {
  std::vector<FolderFile> found;
  const Status read = visit_folder(folder, [&](const FolderFile& file, std::string_view) -> Status {
    found.push_back(file);
    return {};
  });
  std::ranges::sort(found, {}, &FolderFile::path);
  return read.ok() && std::ranges::equal(found, expected, [](const FolderFile& a, const FolderFile& b) {
           return a.path == b.path && a.executable == b.executable && a.sha256 == b.sha256;
         });
}

Error changed_meanwhile(const std::string& source) {
  return Error(ErrorCode::kConflict, "the files of " + source + " changed while they were read; try again");
}

}  // namespace

std::string Snapshots::place_of(const std::string& integrity) const {
  return join_path(folder_, integrity.substr(integrity.find(':') + 1));
}

Result<Snapshot> Snapshots::take(const std::string& source, const std::string& expected) {
  LUMENFLOW_TRY_ASSIGN(const FolderContent content, read_folder(source));
  if (!expected.empty() && expected != content.integrity)
    return Error(ErrorCode::kConflict, "its content is " + content.integrity + ", and " + expected + " is pinned");
  for (const FolderFile& file : content.files)
    if (file.path.starts_with(std::string(kOutside) + "/"))
      return Error(ErrorCode::kInvalidInput, file.path + " has a name that is kept for copies; rename the folder");

  const std::lock_guard lock(mutex_);
  const std::string place = place_of(content.integrity);
  std::shared_ptr<const void> in_use = in_use_[place].lock();
  // A copy that runs is not taken away from under whoever runs it; it is mended by being made anew once nobody does.
  const bool is_there = holds(place, files_of(content));
  if (!is_there && in_use != nullptr)
    return Error(ErrorCode::kIo, place + " is damaged, and packs run from it; restart to have it made anew");
  Snapshot out{place, content.integrity, {}, std::move(in_use)};
  if (!is_there) {
    remove_tree(place);
    LUMENFLOW_TRY_ASSIGN(out, copy(source, content));
  }
  for (const OutsideFile& outside : content.outside)
    if (!outside.of_system) out.moved.emplace(outside.path, join_path(place, copy_of(outside)));
  if (out.in_use == nullptr) {
    out.in_use = std::make_shared<const std::string>(place);
    in_use_[place] = out.in_use;
  }
  return out;
}

Result<Snapshot> Snapshots::copy(const std::string& source, const FolderContent& content) {
  LUMENFLOW_TRY(make_folders(folder_));
  ::chmod(folder_.c_str(), 0700);
  const std::string place = place_of(content.integrity);
  const std::string made = join_path(folder_, std::string(kUnfinished) + std::to_string(++next_));
  remove_tree(made);
  const auto fill = [&]() -> Status {
    LUMENFLOW_TRY(make_folders(made));
    const FileVisitor write = [&](const FolderFile& file, std::string_view text) -> Status {
      const std::string path = join_path(made, file.path);
      LUMENFLOW_TRY(make_folders(parent_path(path)));
      return write_file(path, text, file.executable);
    };
    LUMENFLOW_TRY(visit_folder(source, write));
    for (const OutsideFile& outside : content.outside) {
      if (outside.of_system) continue;
      const std::string path = join_path(made, copy_of(outside));
      LUMENFLOW_TRY(make_folders(parent_path(path)));
      const FileVisitor write_outside = [&path](const FolderFile& file, std::string_view text) {
        return write_file(path, text, file.executable);
      };
      LUMENFLOW_TRY(read_outside_file(outside.path, write_outside));
    }
    if (!holds(made, files_of(content))) return changed_meanwhile(source);  // read twice: it must be the same
    LUMENFLOW_TRY(seal(made));
    if (::rename(made.c_str(), place.c_str()) != 0) return failed(place);
    return sync_folder(folder_);
  };
  Status filled = fill();
  if (!filled.ok()) {
    remove_tree(made);
    return std::move(filled).error();
  }
  return Snapshot{place, content.integrity, {}, nullptr};
}

void Snapshots::prune() {
  const std::lock_guard lock(mutex_);
  std::error_code error;
  std::vector<std::string> gone;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, error)) {
    const std::string place = entry.path().string();
    const auto used = in_use_.find(place);
    if (used == in_use_.end() || used->second.expired()) gone.push_back(place);
  }
  for (const std::string& place : gone) {
    in_use_.erase(place);
    remove_tree(place);
  }
}

}  // namespace lumenflow::pack
