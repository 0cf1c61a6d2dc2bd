#include "sandbox/confine/fork_gate.h"

#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "sandbox/confine/census.h"
#include "sandbox/confine/system.h"
#include "sandbox/plan.h"

namespace lumenflow::sandbox {
namespace {

constexpr int kServedAtOnce = 64;
// A task that was allowed to fork and could run for so long has forked.
constexpr std::chrono::seconds kSettled{1};

// Linux 6.6, newer than these headers: asker and gate take turns on one processor, which saves most of the wait.
constexpr unsigned long kSetFlags = SECCOMP_IOW(4, std::uint64_t), kSameProcessor = 1;

short ready(int fd) {
  pollfd waiting{fd, POLLIN, 0};
  return fd >= 0 && ::poll(&waiting, 1, 0) == 1 ? waiting.revents : short{0};
}

// The kernel's structures may be longer than those of the headers.
struct Buffers {
  std::vector<char> asked, answer;
  Buffers() {
    seccomp_notif_sizes sizes{};
    ::syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes);
    asked.resize(std::max<std::size_t>(sizes.seccomp_notif, sizeof(seccomp_notif)));
    answer.resize(std::max<std::size_t>(sizes.seccomp_notif_resp, sizeof(seccomp_notif_resp)));
  }
};

Buffers& buffers() {
  static Buffers kept;
  std::ranges::fill(kept.asked, '\0');
  std::ranges::fill(kept.answer, '\0');
  return kept;
}

bool send_answer(int listener, std::uint64_t id, std::uint32_t flags, int error) {
  std::vector<char>& buffer = buffers().answer;
  auto* const answer = reinterpret_cast<seccomp_notif_resp*>(buffer.data());
  answer->id = id;
  answer->flags = flags;
  answer->error = -error;
  return ::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, answer) == 0;
}

}  // namespace

ForkGate::ForkGate(std::uint64_t tasks_max) : tasks_max_(tasks_max) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) fail_start(kUnavailable, "a socket", errno);
  fd_ = lifted(ends[0]);
  door_ = lifted(ends[1]);
}

void ForkGate::close_door() {
  ::close(door_);
  door_ = -1;
}

bool ForkGate::serve(const Census& census) {
  if (!listening_ && ready(fd_) != 0) receive_listener();
  for (int i = 0; i < kServedAtOnce && listening_; ++i) {
    const short events = ready(fd_);
    if ((events & POLLIN) == 0) {
      if (events != 0) fd_ = -1, listening_ = false;  // nobody is left who could ask
      break;
    }
    receive();
  }
  for (; !asking_.empty(); asking_.pop_front()) {
    if (count_ >= tasks_max_) {
      if (cancelled(asking_.front())) continue;
      settle();  // before the census: who is done by then is in it
      const std::uint64_t tasks = census();
      if (tasks >= tasks_max_) return false;
      count_ = tasks + under_way_.size();
      if (count_ >= tasks_max_) return true;
    }
    allow(asking_.front());
  }
  return true;
}

bool ForkGate::grown() {
  settle();
  const bool was = grown_;
  grown_ = !under_way_.empty();
  return was;
}

void ForkGate::receive_listener() {
  const int listener = receive_file(fd_);
  ::close(fd_);
  fd_ = listener;
  listening_ = listener >= 0;  // else the program was not started
  if (listening_) ::ioctl(fd_, kSetFlags, kSameProcessor);
}

void ForkGate::receive() {
  auto* const asked = reinterpret_cast<seccomp_notif*>(buffers().asked.data());
  if (::ioctl(fd_, SECCOMP_IOCTL_NOTIF_RECV, asked) != 0) return;  // a signal has cancelled it
  const auto task = static_cast<pid_t>(asked->pid);
  under_way_.erase(task);  // it asks again, so it is done with the one before
  asking_.push_back({asked->id, task});
}

bool ForkGate::cancelled(const Asking& asking) const {
  return ::ioctl(fd_, SECCOMP_IOCTL_NOTIF_ID_VALID, &asking.id) != 0 && errno == ENOENT;
}

void ForkGate::allow(const Asking& asking) {
  if (send_answer(fd_, asking.id, SECCOMP_USER_NOTIF_FLAG_CONTINUE, 0)) {
    under_way_[asking.task] = Clock::now();
    ++count_;
    grown_ = true;
  } else if (errno == EINVAL) {
    send_answer(fd_, asking.id, 0, ENOSYS);  // a kernel that cannot let it go on
  }
}

void ForkGate::settle() {
  const auto long_ago = Clock::now() - kSettled;
  std::erase_if(under_way_, [&](const auto& entry) {
    if (entry.second < long_ago) return true;
    // On its way from the answer to the new task it runs, or waits without heeding signals.
    const std::optional<Process> task = look_at(entry.first);
    return !task || (task->state != 'R' && task->state != 'D');
  });
}

}  // namespace lumenflow::sandbox
