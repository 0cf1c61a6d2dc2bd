#include "sandbox/confine/seccomp.h"

#include <asm/ioctls.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace lumenflow::sandbox {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "no filter of system calls for this processor"
#endif

// Calls newer than these headers, by their numbers, which are the same everywhere since 5.1.
constexpr std::uint32_t kMemfdSecret = 447, kLast = 451;  // cachestat; what comes later was never looked at
constexpr std::uint32_t kX32 = 0x40000000;                // the x32 calls of x86-64

constexpr std::uint32_t kNamespaces =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

constexpr std::uint32_t kForbidden[] = {
    // the tree of files, and ways around it
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_move_mount,
    SYS_open_tree,
    SYS_fsopen,
    SYS_fsconfig,
    SYS_fsmount,
    SYS_fspick,
    SYS_mount_setattr,
    SYS_open_by_handle_at,
    SYS_name_to_handle_at,
    SYS_quotactl,
    SYS_quotactl_fd,
    SYS_fanotify_init,
    SYS_swapon,
    SYS_swapoff,
    // namespaces
    SYS_unshare,
    SYS_setns,
    // other processes
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_process_madvise,
    SYS_pidfd_getfd,
    SYS_kcmp,
    // the kernel
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_kexec_load,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_reboot,
    SYS_syslog,
    SYS_acct,
    SYS_lookup_dcookie,
    SYS_nfsservctl,
    SYS_personality,
    SYS_vhangup,
#if defined(__x86_64__)
    SYS_kexec_file_load,
    SYS_modify_ldt,
    SYS_iopl,
    SYS_ioperm,
    SYS_uselib,
    SYS_ustat,
    SYS_sysfs,
    SYS__sysctl,
    SYS_create_module,
    SYS_get_kernel_syms,
    SYS_query_module,
#endif
    // keys, clocks, names of the machine
    SYS_add_key,
    SYS_keyctl,
    SYS_request_key,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_clock_adjtime,
    SYS_adjtimex,
    SYS_sethostname,
    SYS_setdomainname,
    // shared memory and queues of System V and POSIX: they would outlive the program, and count as nobody's
    SYS_shmget,
    SYS_shmat,
    SYS_shmctl,
    SYS_semget,
    SYS_semop,
    SYS_semtimedop,
    SYS_semctl,
    SYS_msgget,
    SYS_msgsnd,
    SYS_msgrcv,
    SYS_msgctl,
    SYS_mq_open,
    SYS_mq_unlink,
};

// What Landlock lets through on every file that the program can name or read.
constexpr std::uint32_t kAttributes[] = {
    SYS_fchmod,    SYS_fchmodat,  SYS_fchown,      SYS_fchownat,     SYS_setxattr,
    SYS_lsetxattr, SYS_fsetxattr, SYS_removexattr, SYS_lremovexattr, SYS_fremovexattr,
#if defined(__x86_64__)
    SYS_chmod,     SYS_chown,     SYS_lchown,
#endif
};

// All that makes a task, but clone3, which is absent.
constexpr std::uint32_t kForks[] = {
    SYS_clone,
#if defined(__x86_64__)
    SYS_fork,
    SYS_vfork,
#endif
};

// Programs ask whether they are there and do without: their answer is ENOSYS. The arguments of clone3 and openat2 lie
// in memory, where no filter sees them.
constexpr std::uint32_t kAbsent[] = {SYS_clone3,         SYS_openat2,           SYS_io_uring_setup,
                                     SYS_io_uring_enter, SYS_io_uring_register, kMemfdSecret};

constexpr std::uint32_t errno_result(int error) { return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error); }

// A program in classic BPF, statement by statement. Every check falls through to the next where it does not apply.
class Filter {
 public:
  void load(std::size_t offset) {
    code_.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)));
  }
  void load_number() { load(offsetof(seccomp_data, nr)); }
  // The lower half of an argument; what is looked at here is never wider.
  void load_argument(int i) { load(offsetof(seccomp_data, args) + static_cast<std::size_t>(i) * 8); }
  void answer(std::uint32_t result) { code_.push_back(BPF_STMT(BPF_RET | BPF_K, result)); }
  void answer_if_equal(std::uint32_t value, std::uint32_t result) { answer_if(BPF_JEQ, value, true, result); }
  void answer_unless_equal(std::uint32_t value, std::uint32_t result) { answer_if(BPF_JEQ, value, false, result); }
  void answer_if_any_bit(std::uint32_t bits, std::uint32_t result) { answer_if(BPF_JSET, bits, true, result); }
  void answer_if_above(std::uint32_t value, std::uint32_t result) { answer_if(BPF_JGT, value, true, result); }
  void mask(std::uint32_t bits) { code_.push_back(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, bits)); }

  // The checks that `body` adds are made for this call alone; the number is loaded before and after.
  template <class Body>
  void on(std::uint32_t number, Body body) {
    const std::size_t jump = code_.size();
    code_.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 0));
    body();
    code_[jump].jf = static_cast<std::uint8_t>(code_.size() - jump - 1);
    load_number();
  }
  // These bits of an argument are refused.
  void refuse_bits(std::uint32_t number, int argument, std::uint32_t bits) {
    on(number, [&] {
      load_argument(argument);
      answer_if_any_bit(bits, errno_result(EPERM));
    });
  }

  int install() { return install(0) == 0 ? 0 : errno; }
  int install_with_listener(int& listener) {
    listener = install(SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
    if (listener < 0 && errno == EINVAL) listener = install(SECCOMP_FILTER_FLAG_NEW_LISTENER);  // before Linux 5.19
    return listener >= 0 ? 0 : errno;
  }

 private:
  int install(std::uint32_t flags) {
    sock_fprog program{static_cast<unsigned short>(code_.size()), code_.data()};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
    return static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program));
  }
  void answer_if(std::uint32_t comparison, std::uint32_t value, bool holds, std::uint32_t result) {
    const std::uint8_t yes = holds ? 0 : 1, no = holds ? 1 : 0;
    code_.push_back(BPF_JUMP(BPF_JMP | comparison | BPF_K, value, yes, no));
    answer(result);
  }
  std::vector<sock_filter> code_;
};

// A file with the set-user-ID bit in a folder of the user's is a trap laid for later.
void add_modes(Filter& filter) {
  constexpr std::uint32_t kSetId = S_ISUID | S_ISGID;
  filter.refuse_bits(SYS_fchmod, 1, kSetId);
  filter.refuse_bits(SYS_fchmodat, 2, kSetId);
  filter.refuse_bits(SYS_mkdirat, 2, kSetId);
  filter.refuse_bits(SYS_mknodat, 2, kSetId);
  filter.refuse_bits(SYS_openat, 3, kSetId);
#if defined(__x86_64__)
  filter.refuse_bits(SYS_chmod, 1, kSetId);
  filter.refuse_bits(SYS_mkdir, 1, kSetId);
  filter.refuse_bits(SYS_mknod, 1, kSetId);
  filter.refuse_bits(SYS_creat, 1, kSetId);
  filter.refuse_bits(SYS_open, 2, kSetId);
#endif
}

// A socket of the UNIX family could connect to whatever listens in a granted folder: there are pairs alone.
void add_sockets(Filter& filter, bool inet) {
  filter.on(SYS_socketpair, [&] {
    filter.load_argument(0);
    filter.answer_unless_equal(AF_UNIX, errno_result(EAFNOSUPPORT));
  });
  filter.on(SYS_socket, [&] {
    if (inet) {
      filter.load_argument(1);
      filter.mask(0xf);  // without SOCK_CLOEXEC and SOCK_NONBLOCK
      filter.answer_if_equal(SOCK_RAW, errno_result(EPERM));
      filter.answer_if_above(SOCK_RAW, errno_result(EPERM));
    }
    filter.load_argument(0);
    filter.answer_if_equal(AF_UNIX, errno_result(EACCES));
    if (inet) {
      filter.answer_if_equal(AF_INET, SECCOMP_RET_ALLOW);
      filter.answer_if_equal(AF_INET6, SECCOMP_RET_ALLOW);
    }
    filter.answer(errno_result(EAFNOSUPPORT));
  });
}

// Without a namespace or Landlock that keeps signals inside, a program may signal itself alone.
void add_signals(Filter& filter) {
  const auto self = static_cast<std::uint32_t>(::getpid());
  for (const std::uint32_t number : {SYS_kill, SYS_tgkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo})
    filter.on(number, [&] {
      filter.load_argument(0);
      filter.answer_unless_equal(self, errno_result(EPERM));
    });
  filter.answer_if_equal(SYS_tkill, errno_result(EPERM));
  filter.answer_if_equal(SYS_pidfd_send_signal, errno_result(EPERM));
}

Filter filter_of(const SystemCalls& allowed, std::uint32_t forks) {
  Filter filter;
  filter.load(offsetof(seccomp_data, arch));
  filter.answer_unless_equal(kArchitecture, SECCOMP_RET_KILL_PROCESS);
  filter.load_number();
#if defined(__x86_64__)
  filter.answer_if_any_bit(kX32, SECCOMP_RET_KILL_PROCESS);
#endif
  filter.answer_if_above(kLast, errno_result(ENOSYS));
  for (const std::uint32_t number : kForbidden) filter.answer_if_equal(number, errno_result(EPERM));
  for (const std::uint32_t number : kAbsent) filter.answer_if_equal(number, errno_result(ENOSYS));
  if (!allowed.attributes)
    for (const std::uint32_t number : kAttributes) filter.answer_if_equal(number, errno_result(EPERM));
  if (!allowed.memory_files) filter.answer_if_equal(SYS_memfd_create, errno_result(ENOSYS));
  if (!allowed.signals_confined) add_signals(filter);
  filter.refuse_bits(SYS_clone, 0, kNamespaces);
  for (const std::uint32_t number : kForks) filter.answer_if_equal(number, forks);
  filter.on(SYS_ioctl, [&] {
    filter.load_argument(1);
    filter.answer_if_equal(TIOCSTI, errno_result(EPERM));
    filter.answer_if_equal(TIOCLINUX, errno_result(EPERM));
  });
  add_modes(filter);
  add_sockets(filter, allowed.inet);
  filter.answer(SECCOMP_RET_ALLOW);
  return filter;
}

}  // namespace

int forbid_system_calls(const SystemCalls& allowed) { return filter_of(allowed, SECCOMP_RET_ALLOW).install(); }

int forbid_system_calls(const SystemCalls& allowed, int& listener) {
  return filter_of(allowed, SECCOMP_RET_USER_NOTIF).install_with_listener(listener);
}

}  // namespace lumenflow::sandbox
