#include "sandbox/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>

namespace lumenflow::sandbox {
namespace {

const std::string kPrefix = "lumenflow-";
constexpr std::uint64_t kHelpers = 3;      // bwrap and the init of the pid namespace, and one to spare
constexpr const char* kCpuShares = "512";  // half of everybody else's
constexpr const char* kCpuWeight = "50";

bool write_text(const std::string& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool done = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(fd);
  return done;
}

// cgroups(7): "4:memory:/its/path" for each hierarchy of version 1, "0::/its/path" for version 2.
std::map<std::string, std::string> memberships(const std::string& proc_self) {
  std::map<std::string, std::string> out;
  std::ifstream file(proc_self + "/cgroup");
  for (std::string line; std::getline(file, line);) {
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    std::istringstream controllers(line.substr(first + 1, second - first - 1));
    std::string path = line.substr(second + 1);
    if (path == "/") path.clear();
    if (second == first + 1) out[""] = path;
    for (std::string controller; std::getline(controllers, controller, ',');) out[controller] = path;
  }
  return out;
}

// A trial: whether a group can be made below, and has the file that limits.
bool usable(const std::string& parent, const std::string& file) {
  const std::string trial = parent + "/" + kPrefix + std::to_string(::getpid()) + "-trial";
  if (::mkdir(trial.c_str(), 0755) != 0 && errno != EEXIST) return false;
  const bool good = ::access((trial + "/" + file).c_str(), W_OK) == 0 &&
                    ::access((trial + "/cgroup.procs").c_str(), W_OK) == 0 &&
                    ::access((parent + "/cgroup.procs").c_str(), W_OK) == 0;  // whoever moves needs both
  ::rmdir(trial.c_str());
  return good;
}

// Groups are named after the process that made them; those of one that is gone are empty or being emptied.
void remove_stale(const std::string& parent) {
  DIR* folder = ::opendir(parent.c_str());
  while (const dirent* entry = folder == nullptr ? nullptr : ::readdir(folder)) {
    const std::string name = entry->d_name;
    if (!name.starts_with(kPrefix)) continue;
    const pid_t maker = std::atoi(name.c_str() + kPrefix.size());
    if (maker > 0 && ::kill(maker, 0) != 0 && errno == ESRCH) ::rmdir((parent + "/" + name).c_str());
  }
  if (folder != nullptr) ::closedir(folder);
}

}  // namespace

std::unique_ptr<Groups> Groups::find(const std::string& root, const std::string& proc_self, std::string& why) {
  std::map<std::string, std::string> own = memberships(proc_self);
  std::unique_ptr<Groups> found;
  if (own.contains("memory") && own.contains("pids") && own.contains("cpuacct")) {
    std::vector<std::string> parents{root + "/memory" + own["memory"], root + "/pids" + own["pids"],
                                     root + "/cpuacct" + own["cpuacct"]};
    if (usable(parents[0], "memory.limit_in_bytes") && usable(parents[1], "pids.max") &&
        usable(parents[2], "cpuacct.usage")) {
      const std::string cpu = root + "/cpu" + own["cpu"];
      if (own.contains("cpu") && usable(cpu, "cpu.shares")) parents.push_back(cpu);
      found.reset(new Groups(1, std::move(parents)));
    }
  } else if (own.contains("")) {
    // A group with processes has no groups with controllers below it: then ours lie beside our own, if that is allowed.
    std::string path = root + own[""];
    for (int up = 0; up < 2 && !found && path.size() >= root.size(); ++up, path.resize(path.rfind('/')))
      if (usable(path, "memory.max") && usable(path, "pids.max")) found.reset(new Groups(2, {path}));
  }
  if (!found) why = own.empty() ? "the system has no control groups" : "no control group can be written";
  if (found)
    for (const std::string& parent : found->parents_) remove_stale(parent);
  return found;
}

Result<std::vector<std::string>> Groups::create(const Limits& limits) {
  const std::string name = kPrefix + std::to_string(::getpid()) + "-" + std::to_string(++made_);
  std::vector<std::string> folders;
  const auto failed = [&](const std::string& what) {
    Error error(ErrorCode::kSandboxUnavailable, what + ": " + std::strerror(errno));
    remove(folders);
    return error;
  };
  for (const std::string& parent : parents_) {
    folders.push_back(parent + "/" + name);
    if (::mkdir(folders.back().c_str(), 0755) != 0 && errno != EEXIST) return failed(folders.back());
  }
  const std::string memory = std::to_string(limits.memory_bytes);
  const std::string tasks = std::to_string(limits.processes + kHelpers);
  if (version_ == 1) {
    if (!write_text(folders[0] + "/memory.limit_in_bytes", memory)) return failed("the limit of memory");
    write_text(folders[0] + "/memory.memsw.limit_in_bytes", memory);  // where swap is accounted for
    if (!write_text(folders[1] + "/pids.max", tasks)) return failed("the limit of processes");
    if (folders.size() > 3) write_text(folders[3] + "/cpu.shares", kCpuShares);
    return folders;
  }
  if (!write_text(folders[0] + "/memory.max", memory)) return failed("the limit of memory");
  write_text(folders[0] + "/memory.swap.max", "0");
  write_text(folders[0] + "/memory.oom.group", "1");
  write_text(folders[0] + "/cpu.weight", kCpuWeight);
  if (!write_text(folders[0] + "/pids.max", tasks)) return failed("the limit of processes");
  return folders;
}

void Groups::remove(const std::vector<std::string>& folders) {
  for (const std::string& folder : folders) ::rmdir(folder.c_str());
}

}  // namespace lumenflow::sandbox
