#include "hosts/grants.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

namespace lumenflow::hosts {
namespace {

using pack::Access;

constexpr std::string_view kStateFolder = ".lumenflow";
constexpr int kFolderDepthMax = 64;

Error denied(const std::string& pattern, const std::string& why) {
  return {ErrorCode::kScopeDenied, "the scope '" + pattern + "' cannot be granted: " + why};
}

enum class Kind : std::uint8_t { kAbsent, kFile, kFolder, kOther, kLink };

// What is at a path below the root, no link followed: where the path leads through one, it is one.
Kind kind_of(const std::string& root, std::string_view relative) {
  std::string path = root;
  for (std::size_t at = 0; at < relative.size();) {
    const std::size_t end = std::min(relative.find('/', at), relative.size());
    path.append("/").append(relative.substr(at, end - at));
    at = end + 1;
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0) return errno == ENOENT ? Kind::kAbsent : Kind::kOther;
    if (S_ISLNK(found.st_mode)) return Kind::kLink;
    if (at > relative.size())
      return S_ISDIR(found.st_mode) ? Kind::kFolder : S_ISREG(found.st_mode) ? Kind::kFile : Kind::kOther;
    if (!S_ISDIR(found.st_mode)) return Kind::kOther;
  }
  return Kind::kFolder;  // the root
}

// A file that may be written has to be there to be mounted. No component is a link: kind_of has looked.
Status make_file(const std::string& root, const std::string& relative) {
  std::string path = root;
  for (std::size_t at = 0; at < relative.size();) {
    const std::size_t end = std::min(relative.find('/', at), relative.size());
    path.append("/").append(relative, at, end - at);
    at = end + 1;
    if (at <= relative.size()) {
      if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) return Error(ErrorCode::kIo, std::strerror(errno));
      continue;
    }
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (file < 0 && errno != EEXIST) return Error(ErrorCode::kIo, std::strerror(errno));
    if (file >= 0) ::close(file);
  }
  return {};
}

class Granting {
 public:
  Granting(const std::string& root, std::size_t files_max) : root_(root), files_max_(files_max) {}

  Status mount(const pack::MountScope& scope) {
    const bool write = scope.access == Access::kWrite;
    if (scope.pattern == "**") {
      grants_.paths.push_back({root_, write});
      return {};
    }
    const bool folder = scope.pattern.ends_with("/**");
    const std::string relative = folder ? scope.pattern.substr(0, scope.pattern.size() - 3) : scope.pattern;
    switch (kind_of(root_, relative)) {
      case Kind::kLink:
        return denied(scope.pattern, "it leads through a symbolic link");
      case Kind::kOther:
        return write ? denied(scope.pattern, "there is something else than a file or a folder") : Status();
      case Kind::kFolder:
        if (!folder) return write ? denied(scope.pattern, "it is a folder; write 'dir/**' for one") : Status();
        break;
      case Kind::kFile:
        if (folder) return write ? denied(scope.pattern, "it is a file") : Status();
        break;
      case Kind::kAbsent:
        if (!write) return {};
        if (!folder)
          if (const Status made = make_file(root_, relative); !made.ok())
            return denied(scope.pattern, "the file could not be made: " + made.error().message());
        break;
    }
    grants_.paths.push_back({root_ + "/" + relative, write});
    return {};
  }

  Status expand(const pack::GlobScope& scope) {
    if (scope.access == Access::kWrite)
      return denied(scope.shown, "what the workspace leaves of it is neither one file nor 'dir/**'");
    switch (kind_of(root_, scope.folder)) {
      case Kind::kLink:
        return denied(scope.shown, "it leads through a symbolic link");
      case Kind::kFolder:
        return walk(scope, scope.folder, 0);
      default:
        return {};
    }
  }

  Result<Grants> finish() {
    std::ranges::sort(grants_.paths, [](const auto& a, const auto& b) {
      return a.path != b.path ? a.path < b.path : a.write > b.write;
    });
    const auto same = [](const auto& a, const auto& b) { return a.path == b.path; };  // of both, write is first
    grants_.paths.erase(std::unique(grants_.paths.begin(), grants_.paths.end(), same), grants_.paths.end());
    hide_state();
    return std::move(grants_);
  }

 private:
  struct CloseDir {
    void operator()(DIR* dir) const { ::closedir(dir); }
  };

  Status walk(const pack::GlobScope& scope, const std::string& folder, int depth) {
    const std::string path = folder.empty() ? root_ : root_ + "/" + folder;
    const std::unique_ptr<DIR, CloseDir> dir(::opendir(path.c_str()));
    if (dir == nullptr || depth > kFolderDepthMax) return {};
    while (const dirent* entry = ::readdir(dir.get())) {
      const std::string_view name(entry->d_name);
      if (name == "." || name == "..") continue;
      if (++seen_ > 64 * files_max_) return too_many(scope);
      const std::string relative = folder.empty() ? std::string(name) : folder + "/" + std::string(name);
      if (pack::is_kernel_state(relative)) continue;
      struct stat found {};
      if (::lstat((root_ + "/" + relative).c_str(), &found) != 0) continue;
      if (S_ISDIR(found.st_mode)) LUMENFLOW_TRY(walk(scope, relative, depth + 1));
      if (!S_ISREG(found.st_mode) || !pack::holds(scope, relative)) continue;
      if (++files_ > files_max_) return too_many(scope);
      grants_.paths.push_back({root_ + "/" + relative, false});
    }
    return {};
  }

  Error too_many(const pack::GlobScope& scope) const {
    return denied(scope.shown, "there are too many files for it; at most " + std::to_string(files_max_) +
                                   " may match, or name a folder as 'dir/**'");
  }

  // However the folder's name is written: the file system may not care.
  void hide_state() {
    grants_.hidden.push_back(root_ + "/" + std::string(kStateFolder));
    const auto is_root = [this](const sandbox::PathGrant& grant) { return grant.path == root_; };
    if (std::ranges::none_of(grants_.paths, is_root)) return;
    const std::unique_ptr<DIR, CloseDir> dir(::opendir(root_.c_str()));
    if (dir == nullptr) return;
    while (const dirent* entry = ::readdir(dir.get()))
      if (pack::is_kernel_state(entry->d_name) && entry->d_name != kStateFolder)
        grants_.hidden.push_back(root_ + "/" + entry->d_name);
    std::ranges::sort(grants_.hidden);
  }

  const std::string& root_;
  const std::size_t files_max_;
  std::size_t files_ = 0;
  std::size_t seen_ = 0;
  Grants grants_;
};

}  // namespace

std::string Grants::key() const {
  std::string key;
  for (const sandbox::PathGrant& grant : paths) (key += grant.write ? 'w' : 'r') += grant.path + '\0';
  for (const std::string& path : hidden) (key += 'h') += path + '\0';
  key += static_cast<char>('0' + static_cast<int>(network.posture));
  for (const std::string& entry : network.allowlist) (key += 'n') += entry + '\0';
  return key;
}

Result<Grants> grant(const std::string& workspace_root, const pack::EnforcedScopes& scopes, std::size_t files_max) {
  Granting granting(workspace_root, files_max);
  for (const pack::MountScope& scope : scopes.mounts) LUMENFLOW_TRY(granting.mount(scope));
  for (const pack::GlobScope& scope : scopes.globs) LUMENFLOW_TRY(granting.expand(scope));
  LUMENFLOW_TRY_ASSIGN(Grants grants, granting.finish());
  using Posture = sandbox::NetworkGrant::Posture;
  if (scopes.network.posture == pack::NetworkPosture::kFull) grants.network.posture = Posture::kFull;
  if (scopes.network.posture == pack::NetworkPosture::kAllowlist) {
    grants.network.posture = Posture::kAllowlist;
    grants.network.allowlist = scopes.network.allowlist;
    std::ranges::sort(grants.network.allowlist);
  }
  return grants;
}

}  // namespace lumenflow::hosts
