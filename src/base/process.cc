#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

namespace lumenflow {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

Error failed(const std::string& what, int error) {
  return Error(ErrorCode::kIo, what + ": " + std::strerror(error));
}

class PosixProcess final : public Process {
 public:
  PosixProcess(pid_t pid, int output) : pid_(pid), output_(output) {}
  ~PosixProcess() override {
    if (!exit_) {
      ::kill(-pid_, SIGKILL);
      int status = 0;
      while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
      }
    }
    if (output_ >= 0) ::close(output_);
  }

  int pid() const override { return pid_; }

  Result<std::optional<std::string>> read_line(milliseconds timeout) override {
    const auto deadline = steady_clock::now() + timeout;
    for (;;) {
      if (const std::size_t end = buffer_.find('\n'); end != std::string::npos) {
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        return std::optional(std::move(line));
      }
      const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
      pollfd waiting{output_, POLLIN, 0};
      const int ready = output_ < 0 ? -1 : ::poll(&waiting, 1, left.count() < 0 ? 0 : static_cast<int>(left.count()));
      if (ready == 0) return Error(ErrorCode::kRequestTimeout, "no line of output in time");
      if (ready < 0 && errno == EINTR && output_ >= 0) continue;
      char chunk[4096];
      const ssize_t n = ready < 0 ? 0 : ::read(output_, chunk, sizeof chunk);
      if (n > 0) {
        buffer_.append(chunk, static_cast<std::size_t>(n));
        continue;
      }
      if (buffer_.empty()) return std::optional<std::string>();
      return std::optional(std::exchange(buffer_, {}));
    }
  }

  Result<ProcessExit> wait(milliseconds timeout) override {
    const auto deadline = steady_clock::now() + timeout;
    while (!exit_) {
      int status = 0;
      const pid_t done = ::waitpid(pid_, &status, WNOHANG);
      if (done == pid_) {
        const bool by_signal = WIFSIGNALED(status);
        exit_ = ProcessExit{by_signal ? 128 + WTERMSIG(status) : WEXITSTATUS(status), by_signal ? WTERMSIG(status) : 0};
      } else if (done < 0 && errno != EINTR) {
        return failed("waiting for a process", errno);
      } else if (steady_clock::now() >= deadline) {
        return Error(ErrorCode::kRequestTimeout, "the process still runs");
      } else {
        ::poll(nullptr, 0, 2);  // milliseconds between looks
      }
    }
    return *exit_;
  }

  void signal_group(int signal) override {
    if (!exit_) ::kill(-pid_, signal);
  }

 private:
  const pid_t pid_;
  const int output_;
  std::string buffer_;
  std::optional<ProcessExit> exit_;
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));  // the C interface does not write
  out.push_back(nullptr);
  return out;
}

}  // namespace

Result<std::unique_ptr<Process>> PosixProcesses::start(const ProcessOptions& options) {
  if (options.command.empty()) return Error(ErrorCode::kInvalidInput, "no command to start");
  int pipe[2] = {-1, -1};
  if (options.capture_output && ::pipe2(pipe, O_CLOEXEC) != 0) return failed("a pipe", errno);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (options.capture_output) posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
  if (!options.directory.empty()) posix_spawn_file_actions_addchdir_np(&actions, options.directory.c_str());
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setpgroup(&attributes, 0);
  sigset_t signals;
  sigfillset(&signals);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);

  const std::vector<char*> arguments = pointers(options.command), environment = pointers(options.environment);
  pid_t pid = 0;
  const int error = ::posix_spawnp(&pid, arguments[0], &actions, &attributes, arguments.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (pipe[1] >= 0) ::close(pipe[1]);
  if (error != 0) {
    if (pipe[0] >= 0) ::close(pipe[0]);
    return failed("starting " + options.command[0], error);
  }
  return std::unique_ptr<Process>(std::make_unique<PosixProcess>(pid, pipe[0]));
}

}  // namespace lumenflow
