#include "sandbox/start.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>
#include <optional>

#include "sandbox/cgroup.h"

namespace lumenflow::sandbox {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kStartMax{10'000};
constexpr std::size_t kComplaintBytesMax = 2048;
constexpr int kFirstFreeFd = 16;  // above the numbers that the helper's files get

Error unavailable(const std::string& what, int error) {
  return Error(ErrorCode::kSandboxUnavailable, what + ": " + std::strerror(error));
}

// A file that is closed in the end.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    reset(other.release());
    return *this;
  }
  ~Fd() { reset(-1); }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

struct Ends {
  Fd ours, theirs;
};

// Their ends get numbers that none of the helper's files is to have, so that none overwrites another.
Result<Ends> raised(int ours, int theirs) {
  Ends ends{Fd(ours), Fd(::fcntl(theirs, F_DUPFD_CLOEXEC, kFirstFreeFd))};
  ::close(theirs);
  if (ends.theirs.get() < 0) return unavailable("a file", errno);
  return ends;
}

Result<Ends> make_pipe(bool we_write) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return unavailable("a pipe", errno);
  const int ours = ends[we_write ? 1 : 0];
  ::fcntl(ours, F_SETFL, ::fcntl(ours, F_GETFL) | O_NONBLOCK);
  return raised(ours, ends[we_write ? 0 : 1]);
}

Result<Ends> make_sockets() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return unavailable("a socket", errno);
  return raised(ends[0], ends[1]);
}

Result<Fd> plan_file(const Plan& plan) {
  const std::string bytes = encode(plan);
  const Fd file(::memfd_create("plan", MFD_CLOEXEC));
  if (file.get() < 0 || ::write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    return unavailable("the plan", errno);
  return Fd(::fcntl(file.get(), F_DUPFD_CLOEXEC, kFirstFreeFd));
}

class KeptChild final : public Child {
 public:
  KeptChild(pid_t keeper, std::array<Fd, 3> files, Fd control, std::string isolation, std::vector<std::string> cgroups,
            std::unique_ptr<Attendant> attendant)
      : keeper_(keeper),
        files_(std::move(files)),
        control_(std::move(control)),
        isolation_(std::move(isolation)),
        cgroups_(std::move(cgroups)),
        attendant_(std::move(attendant)) {}
  ~KeptChild() override { KeptChild::kill(); }

  int pid() const override { return keeper_; }
  int stdin_fd() const override { return files_[0].get(); }
  int stdout_fd() const override { return files_[1].get(); }
  int stderr_fd() const override { return files_[2].get(); }
  void close_stdin() override { files_[0].reset(-1); }
  const std::string& isolation() const override { return isolation_; }

  void kill() override {
    ::send(control_.get(), &kKillCommand, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (!ended(milliseconds(1000))) {
    }
  }

  Result<ChildExit> wait(milliseconds timeout) override {
    if (!ended(timeout)) return Error(ErrorCode::kRequestTimeout, "the program still runs");
    const std::lock_guard lock(mutex_);
    return *exit_;
  }

 private:
  // Waits for the keeper's last word, which comes when nothing of the child is left.
  bool ended(milliseconds timeout) {
    const auto deadline = steady_clock::now() + timeout;
    for (;;) {
      {
        const std::lock_guard lock(mutex_);
        if (exit_) return true;
      }
      const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
      pollfd waiting{control_.get(), POLLIN, 0};
      const int ready = ::poll(&waiting, 1, static_cast<int>(std::max<milliseconds::rep>(left.count(), 0)));
      if (ready == 0) return false;
      if (ready < 0) continue;  // a signal
      const std::lock_guard lock(mutex_);
      if (exit_) return true;
      Report report;
      report.status = SIGKILL;
      const ssize_t got = ::recv(control_.get(), &report, sizeof report, MSG_WAITALL);
      finish(got == static_cast<ssize_t>(sizeof report) ? report : Report{SIGKILL, LimitHit::kNone});
      return true;
    }
  }

  void finish(const Report& report) {
    int status = 0;
    while (::waitpid(keeper_, &status, 0) < 0 && errno == EINTR) {
    }
    Groups::remove(cgroups_);  // which the keeper did, unless somebody ended it
    ChildExit out;
    out.signal = WIFSIGNALED(report.status) ? WTERMSIG(report.status) : 0;
    out.code = out.signal != 0 ? 128 + out.signal : WEXITSTATUS(report.status);
    if (report.limit == LimitHit::kMemory) out.limit = "memory";
    if (report.limit == LimitHit::kProcesses) out.limit = "processes";
    if (report.limit == LimitHit::kCpu) out.limit = "cpu";
    exit_ = std::move(out);
  }

  const pid_t keeper_;
  std::array<Fd, 3> files_;
  const Fd control_;
  const std::string isolation_;
  const std::vector<std::string> cgroups_;
  const std::unique_ptr<Attendant> attendant_;
  std::mutex mutex_;
  std::optional<ChildExit> exit_;
};

struct Files {
  std::array<Ends, 3> standard;
  Fd plan;
  Ends control, status, listener;
};

Result<Files> make_files(const Plan& plan) {
  Files files;
  LUMENFLOW_TRY_ASSIGN(files.standard[0], make_pipe(true));
  LUMENFLOW_TRY_ASSIGN(files.standard[1], make_pipe(false));
  LUMENFLOW_TRY_ASSIGN(files.standard[2], make_pipe(false));
  LUMENFLOW_TRY_ASSIGN(files.plan, plan_file(plan));
  LUMENFLOW_TRY_ASSIGN(files.control, make_sockets());
  LUMENFLOW_TRY_ASSIGN(files.status, make_pipe(false));
  if (plan.listener) {
    LUMENFLOW_TRY_ASSIGN(files.listener, make_sockets());
  }
  return files;
}

// posix_spawn, because this program has threads: nothing of ours runs between fork and exec.
Result<pid_t> spawn(const std::string& helper, const Files& files) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (int i = 0; i < 3; ++i)
    posix_spawn_file_actions_adddup2(&actions, files.standard[static_cast<std::size_t>(i)].theirs.get(), i);
  posix_spawn_file_actions_adddup2(&actions, files.plan.get(), kPlanFd);
  posix_spawn_file_actions_adddup2(&actions, files.control.theirs.get(), kControlFd);
  posix_spawn_file_actions_adddup2(&actions, files.status.theirs.get(), kStatusFd);
  posix_spawn_file_actions_addclose(&actions, kReportFd);
  if (files.listener.theirs.get() >= 0)
    posix_spawn_file_actions_adddup2(&actions, files.listener.theirs.get(), kListenerFd);
  else
    posix_spawn_file_actions_addclose(&actions, kListenerFd);
  posix_spawn_file_actions_addclosefrom_np(&actions, kListenerFd + 1);  // whoever forgot O_CLOEXEC
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  sigset_t signals;
  sigfillset(&signals);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  std::string role = "keep", name = helper;
  char* arguments[] = {name.data(), role.data(), nullptr};
  char* environment[] = {nullptr};
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, helper.c_str(), &actions, &attributes, arguments, environment);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) return unavailable(helper, error);
  return pid;
}

std::string read_some(int fd) {
  std::string text(kComplaintBytesMax, '\0');
  const ssize_t n = ::read(fd, text.data(), text.size());
  text.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

// The status pipe ends when the program runs, or when nobody is left who could run it.
Status await_start(int status, int complaints) {
  const auto deadline = steady_clock::now() + kStartMax;
  std::string said;
  for (;;) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
    pollfd waiting{status, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::max<milliseconds::rep>(left.count(), 0)));
    if (ready < 0) continue;
    if (ready == 0) return Error(ErrorCode::kSandboxUnavailable, "the sandbox was not built in time");
    const std::string more = read_some(status);
    if (more.empty()) break;
    said += more;
  }
  if (said.size() == 1 && said[0] == kStarted) return {};
  if (const std::size_t at = said.find(kNoProgram); at <= 1)
    return Error(ErrorCode::kInvalidInput, said.substr(at + 1));
  if (said.size() > 1) return Error(ErrorCode::kSandboxUnavailable, said.substr(1));
  return Error(ErrorCode::kSandboxUnavailable, "it cannot be built: " + read_some(complaints));
}

Result<Fd> receive_listener(int socket) {
  pollfd waiting{socket, POLLIN, 0};
  char byte = 0;
  iovec data{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (::poll(&waiting, 1, static_cast<int>(kStartMax.count())) != 1 ||
      ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1)
    return Error(ErrorCode::kSandboxUnavailable, "the proxy has no listener");
  const cmsghdr* rights = CMSG_FIRSTHDR(&message);
  if (rights == nullptr || rights->cmsg_type != SCM_RIGHTS)
    return Error(ErrorCode::kSandboxUnavailable, "the proxy has no listener");
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(rights), sizeof fd);
  return Fd(fd);
}

}  // namespace

Result<std::unique_ptr<Child>> start_keeper(const Plan& plan, const std::string& helper, std::string isolation,
                                            std::unique_ptr<Attendant> attendant) {
  LUMENFLOW_TRY_ASSIGN(Files files, make_files(plan));
  LUMENFLOW_TRY_ASSIGN(const pid_t keeper, spawn(helper, files));
  std::array<Fd, 3> ours;
  for (std::size_t i = 0; i < 3; ++i) {
    ours[i] = std::move(files.standard[i].ours);
    files.standard[i].theirs.reset(-1);
  }
  files.control.theirs.reset(-1);
  files.status.theirs.reset(-1);
  files.listener.theirs.reset(-1);
  const int complaints = ours[2].get();
  Attendant* const served = attendant.get();
  auto child = std::make_unique<KeptChild>(keeper, std::move(ours), std::move(files.control.ours), std::move(isolation),
                                           plan.cgroups, std::move(attendant));
  LUMENFLOW_TRY(await_start(files.status.ours.get(), complaints));
  if (plan.listener) {
    LUMENFLOW_TRY_ASSIGN(Fd listener, receive_listener(files.listener.ours.get()));
    served->serve(listener.release());
  }
  return std::unique_ptr<Child>(std::move(child));
}

}  // namespace lumenflow::sandbox
