#include "sandbox/confine/keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "sandbox/confine/census.h"
#include "sandbox/confine/counted.h"
#include "sandbox/confine/landlock.h"
#include "sandbox/confine/program.h"
#include "sandbox/confine/system.h"
#include "sandbox/plan.h"

namespace lumenflow::sandbox {
namespace {

constexpr int kGroupsEveryMs = 50, kReapEveryMs = 2;
constexpr int kOomScore = 1000;  // when the machine is out of memory, these go first
constexpr uid_t kInsideUser = 1000;

class Keeper {
 public:
  explicit Keeper(const Plan& plan) : plan_(plan) {}

  int run() {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    ::fcntl(kControlFd, F_SETFD, FD_CLOEXEC);
    watch_children();
    own_domain_ = !namespaces() && enter_signal_domain();
    open_report();
    if (plan_.count && !namespaces()) counted_.emplace(plan_);
    main_ = ::fork();
    if (main_ < 0) fail_start(kUnavailable, "fork", errno);
    if (main_ == 0) become_child();
    ::prctl(PR_SET_DUMPABLE, 0);
    if (counted_) counted_->close_door();
    release_standard_files();
    for (const int fd : {kPlanFd, kStatusFd, kListenerFd}) ::close(fd);
    if (namespaces()) ::close(kReportFd);
    Report report = supervise();
    end_all();
    finish(report);
    clean_up();
    [[maybe_unused]] const ssize_t sent = ::send(kControlFd, &report, sizeof report, MSG_NOSIGNAL);
    return 0;
  }

 private:
  bool namespaces() const { return !plan_.bubblewrap.empty(); }

  void watch_children() {
    sigemptyset(&children_);
    sigaddset(&children_, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &children_, nullptr);
    signals_ = lifted(::signalfd(-1, &children_, SFD_CLOEXEC | SFD_NONBLOCK));
    if (signals_ < 0) fail_start(kUnavailable, "signalfd", errno);
  }

  void open_report() {
    int ends[2];
    if (!namespaces()) return;
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) fail_start(kUnavailable, "a pipe", errno);
    report_ = lifted(ends[0]);
    const int other = lifted(ends[1]);
    if (::dup2(other, kReportFd) < 0) fail_start(kUnavailable, "a pipe", errno);
    ::close(other);
  }

  // In the child that becomes the sandbox.
  [[noreturn]] void become_child() {
    ::close(signals_);
    for (const std::string& group : plan_.cgroups)
      if (!write_file(group + "/cgroup.procs", "0")) fail_start(kUnavailable, group, errno);
    write_file("/proc/self/oom_score_adj", std::to_string(kOomScore));
    ::signal(SIGPIPE, SIG_DFL);
    ::sigprocmask(SIG_UNBLOCK, &children_, nullptr);
    if (namespaces()) {
      std::vector<char*> arguments;
      for (const std::string& text : plan_.bubblewrap) arguments.push_back(const_cast<char*>(text.c_str()));
      arguments.push_back(nullptr);
      ::execv(arguments[0], arguments.data());
      fail_start(kUnavailable, plan_.bubblewrap[0], errno);
    }
    ::setsid();
    Surroundings surroundings;
    surroundings.signals_confined = own_domain_;
    if (counted_) surroundings.gate = counted_->door();
    if (::getuid() == 0) leave_root();
    run_program(plan_, surroundings);
  }

  // Root's files, but not root: an unprivileged user of a user namespace.
  static void leave_root() {
    if (::unshare(CLONE_NEWUSER) != 0)
      fail_start(kUnavailable, "as root, this tier needs user namespaces; run as an ordinary user", errno);
    const std::string map = std::to_string(kInsideUser) + " 0 1";
    if (!write_file("/proc/self/setgroups", "deny") || !write_file("/proc/self/uid_map", map) ||
        !write_file("/proc/self/gid_map", map) || ::getuid() != kInsideUser)
      fail_start(kUnavailable, "a user of its own", errno);
  }

  Report supervise() {
    Report report;
    pollfd waiting[3] = {{kControlFd, POLLIN, 0}, {signals_, POLLIN, 0}, {-1, POLLIN, 0}};
    while (!main_status_ && waiting[0].revents == 0) {
      reap();
      if (main_status_) break;
      report.limit = counted_ ? counted_->look() : exceeded_cpu() ? LimitHit::kCpu : exceeded_groups();
      if (report.limit != LimitHit::kNone) break;
      waiting[2].fd = counted_ ? counted_->fd() : -1;
      ::poll(waiting, 3, counted_ ? counted_->wait_ms() : plan_.cgroups.empty() ? -1 : kGroupsEveryMs);
    }
    return report;
  }

  LimitHit exceeded_groups() const {
    for (const std::string& group : plan_.cgroups) {
      for (const char* file : {"/memory.oom_control", "/memory.events"})  // version 1, version 2
        if (number_after(read_small_file((group + file).c_str()), "oom_kill").value_or(0) > 0) return LimitHit::kMemory;
      if (number_after(read_small_file((group + "/pids.events").c_str()), "max").value_or(0) > 0)
        return LimitHit::kProcesses;
    }
    return LimitHit::kNone;
  }

  bool exceeded_cpu() const {
    if (plan_.cpu_ms == 0) return false;
    std::uint64_t used_ms = 0;
    for (const std::string& group : plan_.cgroups) {
      const std::string nanoseconds = read_small_file((group + "/cpuacct.usage").c_str());  // version 1
      const std::string text = read_small_file((group + "/cpu.stat").c_str());              // version 2
      used_ms = std::max<std::uint64_t>({used_ms, std::strtoull(nanoseconds.c_str(), nullptr, 10) / 1'000'000,
                                         number_after(text, "usage_usec").value_or(0) / 1000});
    }
    return used_ms >= plan_.cpu_ms;
  }

  // False once no child is left.
  bool reap() {
    signalfd_siginfo drained;
    while (::read(signals_, &drained, sizeof drained) > 0) {
    }
    for (;;) {
      int status = 0;
      const pid_t pid = ::waitpid(-1, &status, WNOHANG);
      if (pid == 0) return true;
      if (pid < 0 && errno != EINTR) return false;
      if (pid == main_) main_status_ = status;
    }
  }

  void end_all() {
    pollfd waiting{signals_, POLLIN, 0};
    while (reap()) {
      for (const std::string& group : plan_.cgroups) write_file(group + "/cgroup.kill", "1");  // version 2, since 5.14
      if (own_domain_)
        ::kill(-1, SIGKILL);  // all of the domain, at one stroke: no fork outruns it
      else if (namespaces() && !main_status_)
        ::kill(main_, SIGKILL);  // its death is that of the namespace's first process
      else
        for (const Process& process : descendants_of(::getpid())) ::kill(process.id, SIGKILL);
      ::poll(&waiting, 1, kReapEveryMs);
    }
  }

  void finish(Report& report) {
    if (report.limit == LimitHit::kNone) report.limit = exceeded_groups();
    Report inner;
    if (namespaces() && ::read(report_, &inner, sizeof inner) == static_cast<ssize_t>(sizeof inner)) {
      report.status = inner.status;
      if (report.limit == LimitHit::kNone) report.limit = inner.limit;
    } else {
      report.status = main_status_ && !namespaces() ? *main_status_ : SIGKILL;
    }
  }

  void clean_up() const {
    for (const std::string& group : plan_.cgroups)
      for (int i = 0; i < 50 && ::rmdir(group.c_str()) != 0 && errno == EBUSY; ++i) ::poll(nullptr, 0, kReapEveryMs);
    if (plan_.scratch.empty()) return;
    std::error_code ignored;
    std::filesystem::remove_all(plan_.scratch, ignored);
  }

  const Plan& plan_;
  sigset_t children_{};
  int signals_ = -1, report_ = -1;
  pid_t main_ = -1;
  std::optional<int> main_status_;
  bool own_domain_ = false;
  std::optional<Counted> counted_;  // without control groups and without an init that counts
};

}  // namespace

int run_keeper() {
  ::signal(SIGPIPE, SIG_IGN);
  const std::optional<Plan> plan = decode(read_all(kPlanFd));
  if (!plan) fail_start(kUnavailable, "the helper is of another version", 0);
  return Keeper(*plan).run();
}

}  // namespace lumenflow::sandbox
