#include "sandbox/view.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "sandbox/walk.h"

namespace lumenflow::sandbox {
namespace {

constexpr std::size_t kPathBytesMax = 4096, kEntriesMax = 2'000'000;
constexpr std::array kNeverGranted{"/proc", "/sys", "/dev"};
constexpr std::array kKeysOfHome{".ssh", ".aws", ".gnupg"};

Error refused(const std::string& path, const std::string& why) {
  return Error(ErrorCode::kInvalidInput, path + " cannot be granted: " + why);
}

// Absolute, and nothing in it to be resolved.
bool is_literal(const std::string& path) {
  if (path.empty() || path[0] != '/' || path.size() >= kPathBytesMax || path.find('\0') != std::string::npos)
    return false;
  for (std::size_t at = 1; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string part = path.substr(at, end - at);
    if (part.empty() || part == "." || part == "..") return false;
    at = end + 1;
  }
  return true;
}

std::string without_final_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

int open_literally(const std::string& path) {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how));
}

Status make_folders(const std::string& path) {
  for (std::size_t at = 1; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    if (const std::string part = path.substr(0, end); ::mkdir(part.c_str(), 0777) != 0 && errno != EEXIST)
      if (struct stat info{}; ::stat(part.c_str(), &info) != 0 || !S_ISDIR(info.st_mode))
        return Error(ErrorCode::kIo, "making " + part + ": " + std::strerror(errno));
    at = end + 1;
  }
  return {};
}

// Inode 0 when a path to be read is not there.
Result<PathRule> look_at(const PathGrant& grant) {
  PathRule rule{without_final_slash(grant.path), grant.write};
  if (!is_literal(rule.path)) return refused(grant.path, "it is not an absolute path, or not a literal one");
  for (const char* never : kNeverGranted)
    if (is_at_or_below(rule.path, never)) return refused(rule.path, "it is the system's own");
  int fd = open_literally(rule.path);
  if (fd < 0 && errno == ENOENT && rule.write) {
    LUMENFLOW_TRY(make_folders(rule.path));
    fd = open_literally(rule.path);
  }
  if (fd < 0 && errno == ENOENT) return rule;
  if (fd < 0 && errno == ELOOP) return refused(rule.path, "there is a symlink on the way to it");
  struct stat info {};
  if (fd < 0 || ::fstat(fd, &info) != 0) return refused(rule.path, std::strerror(errno));
  ::close(fd);
  if (!S_ISDIR(info.st_mode) && !S_ISREG(info.st_mode)) return refused(rule.path, "it is neither a folder nor a file");
  rule.device = info.st_dev;
  rule.inode = info.st_ino;
  return rule;
}

const PathRule* holder(const View& view, const std::string& path) {
  const PathRule* found = nullptr;
  for (const PathRule& grant : view.grants)
    if (is_at_or_below(path, grant.path)) found = &grant;  // sorted: the last is the closest
  return found;
}

class Masks {
 public:
  explicit Masks(View& view) : view_(view) {}

  // A path that must not be seen. What is missing in a folder that the program may write is made, so that it can be
  // masked: else the program could make it.
  Status hide(const std::string& path, bool make_missing) {
    const PathRule* grant = holder(view_, path);
    if (grant == nullptr) return {};
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) {
      if (!make_missing || !grant->write) return {};
      LUMENFLOW_TRY(make_folders(path));
      if (::lstat(path.c_str(), &info) != 0) return Error(ErrorCode::kIo, path + ": " + std::strerror(errno));
    }
    if (!S_ISLNK(info.st_mode)) {
      view_.masks.push_back({path, S_ISDIR(info.st_mode)});
      return {};
    }
    // The link itself says nothing; what it leads to is hidden wherever that is.
    std::error_code error;
    const std::string target = std::filesystem::canonical(path, error);
    return error ? Status() : hide(target, false);
  }

 private:
  View& view_;
};

Status hide_all(const Confinement& confinement, const std::string& home, View& view) {
  Masks masks(view);
  for (const std::string& given : confinement.hidden) {
    const std::string path = without_final_slash(given);
    if (!is_literal(path)) return Error(ErrorCode::kInvalidInput, given + " cannot be hidden: not a literal path");
    for (const PathRule& grant : view.grants)
      if (grant.write && is_at_or_below(grant.path, path)) return refused(grant.path, path + " is hidden");
    LUMENFLOW_TRY(masks.hide(path, true));
  }
  for (const char* keys : kKeysOfHome) LUMENFLOW_TRY(masks.hide(home + "/" + keys, false));
  std::vector<std::string> secrets;
  std::size_t entries_left = kEntriesMax;
  for (const PathRule& grant : view.grants) {
    const bool inside_another = std::ranges::any_of(
        view.grants, [&](const PathRule& other) { return &other != &grant && is_at_or_below(grant.path, other.path); });
    if (inside_another) continue;
    std::vector<std::string> skip;
    for (const Mask& mask : view.masks) skip.push_back(mask.path);
    if (!find_secret_files(grant.path, skip, entries_left, secrets))
      return Error(ErrorCode::kSandboxUnavailable, grant.path + " holds too many files to look for .env among them");
  }
  for (const std::string& path : secrets) LUMENFLOW_TRY(masks.hide(path, false));
  std::ranges::sort(view.masks, {}, &Mask::path);
  const auto again = [](const Mask& a, const Mask& b) { return a.path == b.path; };
  view.masks.erase(std::unique(view.masks.begin(), view.masks.end(), again), view.masks.end());
  return {};
}

}  // namespace

bool is_at_or_below(const std::string& path, const std::string& folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

Result<View> build_view(const Confinement& confinement, const std::string& home) {
  View view;
  for (const PathGrant& grant : confinement.paths) {
    LUMENFLOW_TRY_ASSIGN(PathRule rule, look_at(grant));
    if (rule.inode == 0) continue;
    const auto same = std::ranges::find(view.grants, rule.path, &PathRule::path);
    if (same == view.grants.end())
      view.grants.push_back(std::move(rule));
    else
      same->write = same->write || rule.write;
  }
  std::ranges::sort(view.grants, {}, &PathRule::path);
  LUMENFLOW_TRY(hide_all(confinement, home, view));
  return view;
}

const std::vector<std::string>& system_folders() {
  static const std::vector<std::string> folders{"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"};
  return folders;
}

const std::vector<std::string>& system_files(bool network) {
  static const std::vector<std::string> offline{"/etc/ld.so.cache",     "/etc/ld.so.conf",      "/etc/ld.so.conf.d",
                                                "/etc/alternatives",    "/etc/localtime",       "/etc/timezone",
                                                "/etc/ssl/certs",       "/etc/ssl/openssl.cnf", "/etc/pki/tls/certs",
                                                "/etc/ca-certificates", "/etc/nsswitch.conf",   "/etc/mime.types"};
  static const std::vector<std::string> online = [] {
    std::vector<std::string> files = offline;
    files.insert(files.end(), {"/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/gai.conf", "/etc/services",
                               "/etc/protocols"});
    return files;
  }();
  return network ? online : offline;
}

Result<std::vector<PathRule>> without_masks(const View& view) {
  std::vector<PathRule> out;
  const auto masked = [&](const std::string& path) {
    return std::ranges::any_of(view.masks, [&](const Mask& mask) { return mask.path == path; });
  };
  const auto holds_mask = [&](const std::string& path) {
    return std::ranges::any_of(view.masks, [&](const Mask& mask) { return is_at_or_below(mask.path, path); });
  };
  std::vector<PathRule> open = view.grants;
  while (!open.empty()) {
    const PathRule rule = std::move(open.back());
    open.pop_back();
    if (masked(rule.path)) continue;
    if (!holds_mask(rule.path)) {
      out.push_back(rule);
      continue;
    }
    LUMENFLOW_TRY_ASSIGN(const std::vector<FolderEntry> entries, list_folder(rule.path));
    for (const FolderEntry& entry : entries)
      if (!entry.symlink) open.push_back({rule.path + "/" + entry.name, rule.write, entry.device, entry.inode});
  }
  std::ranges::sort(out, {}, &PathRule::path);
  return out;
}

}  // namespace lumenflow::sandbox
