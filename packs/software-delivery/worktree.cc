#include "software-delivery/worktree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <memory>
#include <vector>

namespace lumenflow::software_delivery {
namespace {

constexpr std::size_t kTailBytesMax = 1u << 20;
constexpr std::string_view kAdmins = ".git/worktrees";

enum class Kind : std::uint8_t { kNothing, kFile, kFolder, kOther };

Kind kind_of(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return Kind::kNothing;
  return S_ISREG(info.st_mode) ? Kind::kFile : S_ISDIR(info.st_mode) ? Kind::kFolder : Kind::kOther;
}

// The end of a file, at most kTailBytesMax of it; nothing for what is no file. No link is followed, no pipe waited for.
std::optional<std::string> tail_of(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  const std::unique_ptr<const int, void (*)(const int*)> closing(&fd, [](const int* open) { ::close(*open); });
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  const auto size = static_cast<std::size_t>(info.st_size);
  std::string out(std::min(size, kTailBytesMax), '\0');
  const ssize_t n = ::pread(fd, out.data(), out.size(), static_cast<off_t>(size - out.size()));
  if (n < 0) return std::nullopt;
  out.resize(static_cast<std::size_t>(n));
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

std::string link_above(const std::string& root, const std::string& path) {
  struct stat info {};
  for (std::size_t end = path.find('/'); end != std::string::npos; end = path.find('/', end + 1))
    if (::lstat((root + "/" + path.substr(0, end)).c_str(), &info) == 0 && S_ISLNK(info.st_mode))
      return path.substr(0, end);
  return {};
}

std::vector<std::string> names_in(const std::string& path) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), ::closedir);
  if (folder == nullptr) return names;
  while (const dirent* entry = ::readdir(folder.get()))
    if (const std::string_view name = entry->d_name; name != "." && name != "..") names.emplace_back(name);
  return names;
}

// What git keeps of the worktree, by what it itself has written down: the place where its link should be.
std::string admin_of(const std::string& root, const std::string& link) {
  const std::string all = root + "/" + std::string(kAdmins);
  for (const std::string& name : names_in(all))
    if (tail_of(all + "/" + name + "/gitdir") == link) return std::string(kAdmins) + "/" + name;
  return {};
}

// The whole workspace was moved: link and git name the places of before. Then what the link names by its last part is
// the worktree's, if what git names is no longer there and ends alike.
std::string admin_before_a_move(const std::string& root, const std::string& path, const std::string& said) {
  const std::string name = said.substr(said.rfind('/') + 1);
  if (name.empty() || name == "." || name == "..") return {};
  const std::string admin = std::string(kAdmins) + "/" + name;
  const auto before = tail_of(root + "/" + admin + "/gitdir");
  const bool ours = before && before->ends_with("/" + path + "/.git") && kind_of(*before) == Kind::kNothing;
  return ours ? admin : std::string();
}

std::string operation_in(const std::string& admin) {
  constexpr std::array<std::array<const char*, 2>, 6> kTraces{{{"rebase-merge", "rebase"},
                                                               {"rebase-apply", "rebase"},
                                                               {"MERGE_HEAD", "merge"},
                                                               {"CHERRY_PICK_HEAD", "cherry-pick"},
                                                               {"REVERT_HEAD", "revert"},
                                                               {"BISECT_LOG", "bisect"}}};
  for (const auto& [trace, operation] : kTraces)
    if (kind_of(admin + "/" + trace) != Kind::kNothing) return operation;
  return {};
}

bool is_commit_name(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos &&
         text.find_first_not_of('0') != std::string_view::npos;
}

// A line of a reflog: old, new, who and when. The last that names a commit.
std::string last_commit_of(const std::string& admin) {
  std::string log = tail_of(admin + "/logs/HEAD").value_or("");
  while (!log.empty()) {
    const std::size_t begin = log.rfind('\n') == std::string::npos ? 0 : log.rfind('\n') + 1;
    const std::size_t first = log.find(' ', begin);
    const std::size_t second = first == std::string::npos ? first : log.find(' ', first + 1);
    if (second != std::string::npos)
      if (std::string commit = log.substr(first + 1, second - first - 1); is_commit_name(commit)) return commit;
    log.resize(begin == 0 ? 0 : begin - 1);
  }
  return {};
}

}  // namespace

Worktree look_at_worktree(const std::string& workspace_root, const std::string& path) {
  Worktree out;
  out.path = path;
  out.link = link_above(workspace_root, path);
  if (!out.link.empty()) return out;  // what is there is elsewhere
  const std::string place = workspace_root + "/" + path;
  const Kind kind = kind_of(place);
  out.there = kind != Kind::kNothing;
  out.folder = kind == Kind::kFolder;
  if (struct stat info{}; kind == Kind::kOther && ::lstat(place.c_str(), &info) == 0)
    out.is_link = S_ISLNK(info.st_mode);
  out.empty = out.folder && names_in(place).empty();
  const Kind link = out.folder ? kind_of(place + "/.git") : Kind::kNothing;
  out.own_repository = link == Kind::kFolder || link == Kind::kOther;
  std::string said = link == Kind::kFile ? tail_of(place + "/.git").value_or("") : std::string();
  said = said.starts_with("gitdir: ") ? said.substr(8) : std::string();
  out.admin = admin_of(workspace_root, place + "/.git");
  out.linked = out.known() && said == workspace_root + "/" + out.admin;
  if (!out.known()) out.admin = admin_before_a_move(workspace_root, path, said);
  if (!out.known()) return out;
  const std::string admin = workspace_root + "/" + out.admin;
  const auto lock = tail_of(admin + "/locked");
  out.unfinished = lock && lock->starts_with("initializing");
  out.locked = lock && !out.unfinished;
  out.indexed = kind_of(admin + "/index") == Kind::kFile;
  out.patterned = kind_of(admin + "/info/sparse-checkout") == Kind::kFile;
  out.operation = operation_in(admin);
  out.last_commit = last_commit_of(admin);
  return out;
}

bool holds_hidden_files(const std::string& workspace_root, const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code failed;
  fs::recursive_directory_iterator at(workspace_root + "/" + path, failed);
  for (; !failed && at != fs::recursive_directory_iterator(); at.increment(failed))
    if (at->path().filename() == ".env") return true;
  return static_cast<bool>(failed);  // what cannot be read through is not known to hold none
}

}  // namespace lumenflow::software_delivery
