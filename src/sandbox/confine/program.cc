#include "sandbox/confine/program.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "sandbox/confine/landlock.h"
#include "sandbox/confine/seccomp.h"
#include "sandbox/confine/system.h"

namespace lumenflow::sandbox {
namespace {

constexpr std::uint64_t kCpuSlackSeconds = 2;
constexpr int kNiceness = 5;  // whoever serves other calls goes first, and whoever watches this one too

void limit(int resource, std::uint64_t value) {
  rlimit wanted{value, value}, had{};
  if (::getrlimit(static_cast<__rlimit_resource>(resource), &had) == 0 && had.rlim_max < value)
    wanted = {had.rlim_max, had.rlim_max};
  if (::setrlimit(static_cast<__rlimit_resource>(resource), &wanted) != 0) fail_start(kUnavailable, "a limit", errno);
}

// Between the launcher's look at a path and its mount, somebody else may have put another in its place.
void compare(const std::vector<PathRule>& rules) {
  for (const PathRule& rule : rules) {
    struct stat info {};
    if (rule.inode == 0) continue;
    if (::lstat(rule.path.c_str(), &info) != 0) fail_start(kUnavailable, rule.path, errno);
    if (info.st_dev != rule.device || info.st_ino != rule.inode)
      fail_start(kUnavailable, rule.path + " was replaced while the sandbox was built", 0);
  }
}

void drop_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2] = {};
  if (::syscall(SYS_capset, &header, none) != 0) fail_start(kUnavailable, "dropping capabilities", errno);
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));  // exec does not write
  out.push_back(nullptr);
  return out;
}

}  // namespace

void run_program(const Plan& plan, const Surroundings& surroundings) {
  for (int fd = kPlanFd; fd <= kListenerFd; ++fd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_MSGQUEUE, 0);
  limit(RLIMIT_FSIZE, plan.file_bytes);
  limit(RLIMIT_NOFILE, plan.open_files);
  // Of each process alone, should nobody look.
  if (plan.cpu_ms != 0) limit(RLIMIT_CPU, plan.cpu_ms / 1000 + kCpuSlackSeconds);

  ::setpriority(PRIO_PROCESS, 0, kNiceness);
  compare(plan.rules);
  if (::chdir(plan.directory.c_str()) != 0) fail_start(kUnavailable, plan.directory, errno);
  drop_capabilities();
  const int landlock = landlock_version();
  if (landlock == 0 && !surroundings.own_pids) fail_start(kUnavailable, "the kernel has no Landlock", 0);
  if (std::string what; landlock > 0)
    if (const int error = restrict_paths(plan.rules, plan.inet, what); error != 0)
      fail_start(kUnavailable, what, error);
  SystemCalls allowed;
  allowed.inet = plan.inet;
  allowed.memory_files = !plan.count;
  allowed.attributes = surroundings.own_pids;  // and so with mounts of its own
  allowed.signals_confined = surroundings.own_pids || surroundings.signals_confined || landlock >= kLandlockSignals;
  if (surroundings.gate < 0) {
    if (const int error = forbid_system_calls(allowed); error != 0) fail_start(kUnavailable, "seccomp", error);
  } else {
    int listener = -1;
    if (const int error = forbid_system_calls(allowed, listener); error != 0)
      fail_start(kUnavailable, "counting processes by seccomp, for want of control groups", error);
    if (!send_file(surroundings.gate, listener)) fail_start(kUnavailable, "counting processes", errno);
  }

  const std::vector<char*> arguments = pointers(plan.command), environment = pointers(plan.environment);
  ::environ = const_cast<char**>(environment.data());  // where execvp finds PATH
  [[maybe_unused]] const ssize_t written = ::write(kStatusFd, &kStarted, 1);
  ::execvp(arguments[0], arguments.data());
  fail_start(kNoProgram, plan.command[0] + " cannot be run", errno);
}

void release_standard_files() {
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd <= 2; ++fd)
    if (nothing < 0 || ::dup2(nothing, fd) < 0) ::close(fd);
  if (nothing > 2) ::close(nothing);
}

}  // namespace lumenflow::sandbox
