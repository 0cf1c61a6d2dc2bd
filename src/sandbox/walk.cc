#include "sandbox/walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

namespace lumenflow::sandbox {
namespace {

constexpr std::string_view kSecretFile = ".env";

struct FolderDeleter {
  void operator()(DIR* folder) const { ::closedir(folder); }
};
using Folder = std::unique_ptr<DIR, FolderDeleter>;

Folder open_folder(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR* folder = fd < 0 ? nullptr : ::fdopendir(fd);
  if (fd >= 0 && folder == nullptr) ::close(fd);
  return Folder(folder);
}

bool is_folder(const Folder& folder, const dirent& entry) {
  if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_DIR;
  struct stat info {};
  return ::fstatat(::dirfd(folder.get()), entry.d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(info.st_mode);
}

bool is_dots(std::string_view name) { return name == "." || name == ".."; }

}  // namespace

Result<std::vector<FolderEntry>> list_folder(const std::string& path) {
  const Folder folder = open_folder(path);
  if (!folder) return Error(ErrorCode::kIo, path + ": " + std::strerror(errno));
  std::vector<FolderEntry> out;
  while (const dirent* entry = ::readdir(folder.get())) {
    struct stat info {};
    if (is_dots(entry->d_name)) continue;
    if (::fstatat(::dirfd(folder.get()), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    out.push_back({entry->d_name, S_ISLNK(info.st_mode), info.st_dev, info.st_ino});
  }
  return out;
}

bool find_secret_files(const std::string& path, const std::vector<std::string>& skip, std::size_t& entries_left,
                       std::vector<std::string>& found) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return true;
  if (!S_ISDIR(info.st_mode)) {
    if (path.substr(path.rfind('/') + 1) == kSecretFile) found.push_back(path);
    return true;
  }
  std::vector<std::string> open{path};
  while (!open.empty()) {
    const std::string at = std::move(open.back());
    open.pop_back();
    if (std::ranges::find(skip, at) != skip.end()) continue;
    const Folder folder = open_folder(at);
    while (const dirent* entry = folder ? ::readdir(folder.get()) : nullptr) {
      if (is_dots(entry->d_name)) continue;
      if (entries_left-- == 0) return false;
      if (is_folder(folder, *entry))
        open.push_back(at + "/" + entry->d_name);
      else if (entry->d_name == kSecretFile)
        found.push_back(at + "/" + entry->d_name);
    }
  }
  return true;
}

}  // namespace lumenflow::sandbox
