#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace lumenflow {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

Error failed(const std::string& what, int error) { return Error(ErrorCode::kIo, what + ": " + std::strerror(error)); }

class PosixProcess final : public Process {
 public:
  PosixProcess(pid_t pid, int output, std::size_t line_bytes_max)
      : pid_(pid), output_(output), line_bytes_max_(line_bytes_max) {}
  ~PosixProcess() override {
    ::kill(-pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    if (output_ >= 0) ::close(output_);
  }

  int pid() const override { return pid_; }

  Result<std::optional<std::string>> read_line(milliseconds timeout) override {
    const auto deadline = steady_clock::now() + timeout;
    for (;;) {
      if (const std::size_t end = buffer_.find('\n', searched_); end != std::string::npos) {
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        searched_ = 0;
        return std::optional(std::move(line));
      }
      searched_ = buffer_.size();
      if (buffer_.size() > line_bytes_max_)
        return Error(ErrorCode::kOutputTooLarge,
                     "a line of output is over " + std::to_string(line_bytes_max_) + " bytes");
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
      searched_ = 0;
      if (buffer_.empty()) return std::optional<std::string>();
      return std::optional(std::exchange(buffer_, {}));
    }
  }

  Result<ProcessExit> wait(milliseconds timeout) override {
    const auto deadline = steady_clock::now() + timeout;
    while (!exit_) {
      // Looks without reaping: as long as the dead child is there, its group's number is not given to anybody else.
      siginfo_t ended{};
      if (::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT) != 0) {
        if (errno != EINTR) return failed("waiting for a process", errno);
      } else if (ended.si_pid == pid_) {
        const bool by_itself = ended.si_code == CLD_EXITED;
        exit_ = ProcessExit{by_itself ? ended.si_status : 128 + ended.si_status, by_itself ? 0 : ended.si_status};
      } else if (steady_clock::now() >= deadline) {
        return Error(ErrorCode::kRequestTimeout, "the process still runs");
      } else {
        ::poll(nullptr, 0, 2);  // milliseconds between looks
      }
    }
    return *exit_;
  }

  void signal_group(int signal) override { ::kill(-pid_, signal); }

 private:
  const pid_t pid_;
  const int output_;
  const std::size_t line_bytes_max_;
  std::string buffer_;
  std::size_t searched_ = 0;  // of buffer_, and no newline found
  std::optional<ProcessExit> exit_;
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const std::string& text : texts)
    out.push_back(const_cast<char*>(text.c_str()));  // the C interface does not write
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
  if (options.errors_with_output) posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);  // whoever forgot O_CLOEXEC
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
  return std::unique_ptr<Process>(std::make_unique<PosixProcess>(pid, pipe[0], options.line_bytes_max));
}

}  // namespace lumenflow
