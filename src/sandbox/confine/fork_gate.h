// No task comes to be in the sandbox unasked: the filter of system calls holds every fork and every new thread until
// the gate has answered, by seccomp's user notifications (Linux 5.5). So a limit of tasks holds however fast they
// multiply. https://docs.kernel.org/userspace-api/seccomp_filter.html#userspace-notification
//
// A fork that a signal interrupts before the gate has seen it (on Linux before 5.19: before it is answered) is begun
// again, but fails with EINTR where the program handles that signal without SA_RESTART. Forks fail with ENOSYS once the
// gate is gone. A program can have no listener of its own: the kernel has one for each chain of filters.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <unordered_map>

namespace lumenflow::sandbox {

class ForkGate {
 public:
  // How many tasks there are now.
  using Census = std::function<std::uint64_t()>;

  // `tasks_max`: processes and their threads, the program's first one included.
  explicit ForkGate(std::uint64_t tasks_max);
  ForkGate(const ForkGate&) = delete;
  ForkGate& operator=(const ForkGate&) = delete;

  // The socket over which the child that becomes the program hands over its filter's listener.
  int door() const { return door_; }
  // In the parent, once that child is there.
  void close_door();

  // To be polled for reading; -1 when no more can come.
  int fd() const { return fd_; }
  // Answers those that wait. False: one asked that would be more than the limit; it waits until it is killed.
  bool serve(const Census& census);
  // Some wait for others to be done: serve() is to be called again soon.
  bool holds_some() const { return !asking_.empty(); }
  // Whether tasks may have come to be since the call before.
  bool grown();

 private:
  using Clock = std::chrono::steady_clock;
  struct Asking {
    std::uint64_t id = 0;
    pid_t task = 0;
  };
  void receive_listener();
  void receive();
  bool cancelled(const Asking& asking) const;
  void allow(const Asking& asking);
  void settle();

  const std::uint64_t tasks_max_;
  int door_ = -1, fd_ = -1;
  bool listening_ = false;   // fd_ is the listener, not yet the socket it comes from
  std::uint64_t count_ = 1;  // never less than there are
  std::deque<Asking> asking_;
  std::unordered_map<pid_t, Clock::time_point> under_way_;  // who was allowed, and may not be done
  bool grown_ = true;
};

}  // namespace lumenflow::sandbox
