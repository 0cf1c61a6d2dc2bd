#include "sandbox/confine/init.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>

#include "sandbox/confine/census.h"
#include "sandbox/confine/program.h"
#include "sandbox/confine/system.h"
#include "sandbox/plan.h"

namespace lumenflow::sandbox {
namespace {

constexpr timespec kCountEvery{0, 10'000'000};
constexpr std::uint64_t kProcessesSlack = 8;  // RLIMIT_NPROC lies above what is counted, so that it is seen

LimitHit exceeded(const Plan& plan) {
  const Usage usage = usage_of_namespace(::getpid());
  if (usage.tasks > plan.processes) return LimitHit::kProcesses;
  const std::uint64_t kept = bytes_in("/tmp") + bytes_in("/dev/shm");
  return usage.memory_bytes + kept > plan.memory_bytes ? LimitHit::kMemory : LimitHit::kNone;
}

// Reaps; whether the program itself was among the dead.
bool reap(pid_t program, int& status) {
  bool ended = false;
  int one = 0;
  for (pid_t pid; (pid = ::waitpid(-1, &one, WNOHANG)) > 0;)
    if (pid == program) {
      status = one;
      ended = true;
    }
  return ended;
}

Report supervise(const Plan& plan, pid_t program, const sigset_t& children) {
  Report report;
  report.status = SIGKILL;  // as wait(2) says it
  while (!reap(program, report.status)) {
    if (plan.count && (report.limit = exceeded(plan)) != LimitHit::kNone) break;
    if (plan.count)
      ::sigtimedwait(&children, nullptr, &kCountEvery);
    else
      ::sigwaitinfo(&children, nullptr);
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
  char byte = 0;
  iovec data{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(rights), &listener, sizeof listener);
  if (::sendmsg(kListenerFd, &message, MSG_NOSIGNAL) != 1) fail_start(kUnavailable, "the proxy", errno);
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

  const pid_t program = ::fork();
  if (program < 0) fail_start(kUnavailable, "fork", errno);
  if (program == 0) {
    ::sigprocmask(SIG_UNBLOCK, &children, nullptr);
    Surroundings surroundings;
    surroundings.own_pids = true;
    if (plan->count) surroundings.processes_max = plan->processes + kProcessesSlack;
    run_program(*plan, surroundings);
  }
  release_standard_files();
  ::close(kPlanFd);
  ::close(kStatusFd);
  const Report report = supervise(*plan, program, children);
  [[maybe_unused]] const ssize_t written = ::write(kReportFd, &report, sizeof report);
  return 0;
}

}  // namespace lumenflow::sandbox
