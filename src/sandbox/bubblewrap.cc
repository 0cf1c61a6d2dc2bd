#include "sandbox/bubblewrap.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace lumenflow::sandbox {
namespace {

constexpr std::size_t kArgumentsMax = 8'000;  // bwrap takes 9,000
constexpr const char* kHelperInside = "/run/lumenflow-confine";
constexpr const char* kNobodysUser = "1000";

using Arguments = std::vector<std::string>;

void add(Arguments& to, std::initializer_list<std::string> more) { to.insert(to.end(), more); }

void add_system(Arguments& to, bool network) {
  for (const std::string& folder : system_folders()) {
    struct stat info {};
    if (::lstat(folder.c_str(), &info) != 0) continue;
    char target[256];
    const ssize_t bytes = S_ISLNK(info.st_mode) ? ::readlink(folder.c_str(), target, sizeof target) : -1;
    if (bytes > 0 && bytes < static_cast<ssize_t>(sizeof target))
      add(to, {"--symlink", std::string(target, static_cast<std::size_t>(bytes)), folder});
    else
      add(to, {"--ro-bind", folder, folder});
  }
  for (const std::string& file : system_files(network)) add(to, {"--ro-bind-try", file, file});
}

// Grants and masks from the outside in: what is mounted later covers what was mounted before.
void add_view(Arguments& to, const View& view) {
  const auto grant = [&](const PathRule& rule) {
    add(to, {rule.write ? "--bind" : "--ro-bind", rule.path, rule.path});
  };
  const auto mask = [&](const Mask& hidden) {
    if (hidden.folder)
      add(to, {"--size", "4096", "--perms", "0555", "--tmpfs", hidden.path});
    else
      add(to, {"--ro-bind", "/dev/null", hidden.path});  // without devices: it cannot be opened
  };
  auto next = view.masks.begin();
  for (const PathRule& rule : view.grants) {
    for (; next != view.masks.end() && next->path < rule.path; ++next) mask(*next);
    grant(rule);
  }
  for (; next != view.masks.end(); ++next) mask(*next);
  for (const Mask& hidden : view.masks)
    if (hidden.folder) add(to, {"--remount-ro", hidden.path});
}

}  // namespace

Result<std::vector<std::string>> bubblewrap_command(const View& view, const BubblewrapOptions& options) {
  Arguments out{options.program};
  add(out, {"--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"});
  if (!options.share_network) add(out, {"--unshare-net"});
  const std::string user = ::getuid() == 0 ? kNobodysUser : std::to_string(::getuid());
  const std::string group = ::getgid() == 0 ? kNobodysUser : std::to_string(::getgid());
  add(out, {"--uid", user, "--gid", group, "--hostname", "sandbox", "--new-session", "--die-with-parent", "--as-pid-1",
            "--cap-drop", "ALL", "--clearenv"});
  const std::string scratch = std::to_string(options.scratch_bytes);
  add_system(out, options.share_network);
  add(out, {"--proc", "/proc", "--dev", "/dev", "--size", scratch, "--tmpfs", "/dev/shm"});
  add(out, {"--size", scratch, "--perms", "1777", "--tmpfs", "/tmp"});
  add_view(out, view);
  add(out, {"--ro-bind", options.helper, kHelperInside, "--remount-ro", "/dev", "--remount-ro", "/"});
  add(out, {"--chdir", "/", "--", kHelperInside, "init"});
  if (out.size() > kArgumentsMax)
    return Error(ErrorCode::kSandboxUnavailable, "the granted folders hold too many hidden files");
  return out;
}

std::vector<PathRule> rules_inside(const View& view, bool share_network) {
  std::vector<PathRule> rules;
  for (const std::string& folder : system_folders()) rules.push_back({folder});
  for (const std::string& file : system_files(share_network)) rules.push_back({file});
  for (const char* writable : {"/tmp", "/dev"}) rules.push_back({writable, true});
  rules.push_back({"/proc"});
  for (const PathRule& grant : view.grants) {
    // One that is masked itself is not what was granted any more.
    const bool masked = std::ranges::any_of(view.masks, [&](const Mask& mask) { return mask.path == grant.path; });
    if (!masked) rules.push_back(grant);
  }
  return rules;
}

}  // namespace lumenflow::sandbox
