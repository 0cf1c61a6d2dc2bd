#include "hosts/testing/plain_launcher.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace lumenflow::hosts::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class PlainChild final : public sandbox::Child {
 public:
  PlainChild(pid_t pid, int in, int out, int error) : pid_(pid), fds_{in, out, error} {
    for (const int fd : fds_) ::fcntl(fd, F_SETFL, O_NONBLOCK);
  }
  ~PlainChild() override {
    kill();
    for (const int fd : fds_)
      if (fd >= 0) ::close(fd);
    ::waitpid(pid_, nullptr, 0);
  }
  int pid() const override { return pid_; }
  int stdin_fd() const override { return fds_[0]; }
  int stdout_fd() const override { return fds_[1]; }
  int stderr_fd() const override { return fds_[2]; }
  void close_stdin() override {
    if (fds_[0] >= 0) ::close(std::exchange(fds_[0], -1));
  }
  void kill() override {
    ::kill(-pid_, SIGKILL);
    siginfo_t ended{};
    ::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOWAIT);
  }
  Result<sandbox::ChildExit> wait(milliseconds timeout) override {
    const auto deadline = steady_clock::now() + timeout;
    for (;;) {
      siginfo_t ended{};
      if (::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == pid_) {
        const bool by_itself = ended.si_code == CLD_EXITED;
        return sandbox::ChildExit{
            by_itself ? ended.si_status : 128 + ended.si_status, by_itself ? 0 : ended.si_status, {}};
      }
      if (steady_clock::now() >= deadline) return Error(ErrorCode::kRequestTimeout, "the child still runs");
      ::poll(nullptr, 0, 2);  // milliseconds between looks
    }
  }
  const std::string& isolation() const override { return isolation_; }

 private:
  const pid_t pid_;
  std::array<int, 3> fds_;
  const std::string isolation_ = "none";
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));  // C does not write
  out.push_back(nullptr);
  return out;
}

}  // namespace

std::vector<sandbox::Confinement> PlainLauncher::asked() const {
  const std::lock_guard lock(mutex_);
  return asked_;
}

Result<std::unique_ptr<sandbox::Child>> PlainLauncher::start(const sandbox::Confinement& confinement) {
  {
    const std::lock_guard lock(mutex_);
    asked_.push_back(confinement);
  }
  if (refuse_ > 0) {
    --refuse_;
    return Error(ErrorCode::kIo, "the launcher was told to refuse");
  }
  std::array<std::array<int, 2>, 3> pipes{};
  for (auto& pipe : pipes)
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return Error(ErrorCode::kIo, std::strerror(errno));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipes[0][0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, pipes[1][1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, pipes[2][1], STDERR_FILENO);
  posix_spawn_file_actions_addchdir_np(&actions, confinement.directory.c_str());
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setpgroup(&attributes, 0);
  sigset_t signals;
  sigfillset(&signals);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  const std::vector<char*> arguments = pointers(confinement.command), environment = pointers(confinement.environment);
  pid_t pid = 0;
  const int error = ::posix_spawnp(&pid, arguments[0], &actions, &attributes, arguments.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  ::close(pipes[0][0]);
  ::close(pipes[1][1]);
  ::close(pipes[2][1]);
  if (error != 0) {
    ::close(pipes[0][1]);
    ::close(pipes[1][0]);
    ::close(pipes[2][0]);
    return Error(ErrorCode::kIo, "starting " + confinement.command[0] + ": " + std::strerror(error));
  }
  ++started_;
  return std::unique_ptr<sandbox::Child>(std::make_unique<PlainChild>(pid, pipes[0][1], pipes[1][0], pipes[2][0]));
}

}  // namespace lumenflow::hosts::testing
