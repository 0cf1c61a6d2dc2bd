#include "sandbox/confine/init.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <optional>

#include "sandbox/confine/counted.h"
#include "sandbox/confine/program.h"
#include "sandbox/confine/system.h"
#include "sandbox/plan.h"

namespace lumenflow::sandbox {
namespace {

// Reaps; whether the program itself was among the dead.
bool reap(int signals, pid_t program, int& status) {
  bool ended = false;
  signalfd_siginfo drained;
  while (::read(signals, &drained, sizeof drained) > 0) {
  }
  int one = 0;
  for (pid_t pid; (pid = ::waitpid(-1, &one, WNOHANG)) > 0;)
    if (pid == program) {
      status = one;
      ended = true;
    }
  return ended;
}

Report supervise(pid_t program, int signals, std::optional<Counted>& counted) {
  Report report;
  report.status = SIGKILL;  // as wait(2) says it
  while (!reap(signals, program, report.status)) {
    if (counted && (report.limit = counted->look()) != LimitHit::kNone) break;
    pollfd waiting[2] = {{signals, POLLIN, 0}, {counted ? counted->fd() : -1, POLLIN, 0}};
    ::poll(waiting, 2, counted ? counted->wait_ms() : -1);
  }
  return report;
}

void hand_over_listener() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(kProxyPort);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (listener < 0 || ::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener, SOMAXCONN) != 0)
    fail_start(kUnavailable, "the sandbox's own network", errno);
  if (!send_file(kListenerFd, listener)) fail_start(kUnavailable, "the proxy", errno);
  ::close(listener);
  ::close(kListenerFd);
}

}  // namespace

int run_init() {
  const std::optional<Plan> plan = decode(read_all(kPlanFd));
  if (!plan) fail_start(kUnavailable, "the helper is of another version", 0);
  if (::getpid() != 1) fail_start(kUnavailable, "no pid namespace", 0);
  ::prctl(PR_SET_DUMPABLE, 0);  // nothing of this process is shown to its children
  if (plan->listener) hand_over_listener();
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &children, nullptr);
  const int signals = lifted(::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK));
  if (signals < 0) fail_start(kUnavailable, "signalfd", errno);
  std::optional<Counted> counted;
  if (plan->count) counted.emplace(*plan);

  const pid_t program = ::fork();
  if (program < 0) fail_start(kUnavailable, "fork", errno);
  if (program == 0) {
    ::sigprocmask(SIG_UNBLOCK, &children, nullptr);
    Surroundings surroundings;
    surroundings.own_pids = true;
    if (counted) surroundings.gate = counted->door();
    run_program(*plan, surroundings);
  }
  if (counted) counted->close_door();
  release_standard_files();
  ::close(kPlanFd);
  ::close(kStatusFd);
  const Report report = supervise(program, signals, counted);
  [[maybe_unused]] const ssize_t written = ::write(kReportFd, &report, sizeof report);
  return 0;
}

}  // namespace lumenflow::sandbox
