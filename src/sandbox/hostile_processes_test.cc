// Programs that multiply, swell, talk without end, do not die, or go for other processes, the network and the kernel.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <thread>

#include "sandbox/testing/every_setting.h"

namespace lumenflow::sandbox {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::HostileWorld;
using testing::Outcome;
class HostileProcesses : public testing::EverySetting {};
INSTANTIATE_TEST_SUITE_P(, HostileProcesses, ::testing::ValuesIn(testing::all_settings()),
                         [](const auto& tested) { return tested.param.name; });

constexpr milliseconds kLong{120'000};  // for what calculates, on a machine that calculates other things

// Kills, and says how long that took: a figure for the reader, not an expectation.
void kill_and_tell(Child& child) {
  const auto began = steady_clock::now();
  child.kill();
  const auto took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - began);
  std::cout << "[ killed   ] within " << took.count() << " ms" << std::endl;
}

// Bombs come to an end by themselves, so that a limit that does not hold takes no machine down.
HOSTILE(HostileProcesses, ForkBombEnds) {
  const Outcome outcome = world.run(R"(
import os, time
for generation in range(11):
    try: os.fork()
    except OSError: pass
time.sleep(60)
)");
  EXPECT_EQ(outcome.exit.limit, "processes") << outcome.exit.code << outcome.err;
}

HOSTILE(HostileProcesses, AThreadBombEnds) {
  const Outcome outcome = world.run(R"(
import threading, time
for i in range(200):
    try: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    except RuntimeError: pass
time.sleep(60)
)");
  EXPECT_EQ(outcome.exit.limit, "processes") << outcome.exit.code << outcome.err;
}

// Each child goes on where its parent ends: whoever looks for it finds it gone.
HOSTILE(HostileProcesses, AKillOutrunsForks) {
  Confinement bomb = world.python(R"(
import os
print('on', flush=True)
for generation in range(6): os.fork()
for hop in range(20000):
    if os.fork() != 0: os._exit(0)
)");
  bomb.limits.processes = 400;
  bomb.limits.memory_bytes = 8ull << 30;
  const auto child = world.start(bomb);
  ASSERT_TRUE(child);
  EXPECT_EQ(testing::read_output(child->stdout_fd(), 3, milliseconds(20'000)), "on\n");
  kill_and_tell(*child);
  EXPECT_EQ(world.running(), 0);
}

HOSTILE(HostileProcesses, TheLimitOfProcessesIsExact) {
  Confinement family = world.python(R"(
import os, signal
def add():
    if os.fork() == 0: signal.pause()
for i in range(7): add()
print('full', flush=True)
for i in range(4):
    add()
    print('more', flush=True)
signal.pause()
)");
  family.limits.processes = 8;
  const Outcome outcome = world.run(family);
  EXPECT_EQ(outcome.exit.limit, "processes") << outcome.err;
  // A control group of processes leaves room for those that start the program.
  if (world.launcher().describe().find("counted") != std::string::npos)
    EXPECT_EQ(outcome.out, "full\n");
  else
    EXPECT_TRUE(outcome.out.starts_with("full\n")) << outcome.out;
}

HOSTILE(HostileProcesses, ThoseThatHaveEndedAreNotCounted) {
  Confinement many = world.python(R"(
import os, subprocess, threading
for i in range(100):
    pid = os.fork()
    if pid == 0:
        if os.fork() == 0: os._exit(0)
        os._exit(0)
    os.waitpid(pid, 0)
for i in range(100):
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()
for i in range(10): subprocess.run(['/bin/true'], check=True)
print('end')
)");
  many.limits.processes = 24;
  const Outcome outcome = world.run(many);
  EXPECT_EQ(outcome.exit.limit, "");
  EXPECT_EQ(outcome.out, "end\n") << outcome.err;
}

// Each of the busy may still be about to fork again, for all that can be seen: the last fork waits until it is clear.
HOSTILE(HostileProcesses, BusyProcessesNearTheLimitAreNoExcess) {
  Confinement busy = world.python(R"(
import os
def child():
    if os.fork() == 0: os._exit(0)
    os.wait()
ready, on = os.pipe()
for i in range(5):
    if os.fork() == 0:
        child()
        os.write(on, b'.')
        while True: pass
    os.read(ready, 1)
for i in range(3):
    pid = os.fork()
    if pid == 0: os._exit(0)
    os.waitpid(pid, 0)
print('end')
)");
  busy.limits.processes = 9;
  const Outcome outcome = world.run(busy, kLong);
  EXPECT_EQ(outcome.exit.limit, "");
  EXPECT_EQ(outcome.out, "end\n") << outcome.err;
}

HOSTILE(HostileProcesses, ForksGoThroughAStormOfSignals) {
  const Outcome outcome = world.run(R"(
import os, signal
signal.signal(signal.SIGALRM, lambda number, frame: None)
signal.siginterrupt(signal.SIGALRM, False)
signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
for i in range(300):
    pid = os.fork()
    if pid == 0: os._exit(0)
    os.waitpid(pid, 0)
print('end')
)");
  EXPECT_EQ(outcome.out, "end\n") << outcome.err;
}

HOSTILE(HostileProcesses, MemoryBombEnds) {
  const Outcome outcome = world.run(R"(
kept = []
while True: kept.append(bytearray(1 << 20))
)");
  EXPECT_EQ(outcome.exit.limit, "memory") << outcome.exit.code << outcome.err;
}

HOSTILE(HostileProcesses, MemoryBombOfManyEnds) {
  const Outcome outcome = world.run(R"(
import os, time
for i in range(8):
    if os.fork() == 0: break
kept = []
for i in range(100): kept.append(bytearray(1 << 20))
time.sleep(60)
)");
  EXPECT_EQ(outcome.exit.limit, "memory") << outcome.exit.code << outcome.err;
}

// Its threads go on, and what is known of the process is known of them alone.
HOSTILE(HostileProcesses, AFirstThreadThatHasEndedHidesNothing) {
  const std::string end = R"(
import ctypes, platform, threading, time
def start(target): threading.Thread(target=target).start()
def end(): ctypes.CDLL(None).syscall(60 if platform.machine() == 'x86_64' else 93, 0)
)";
  const Outcome swelling = world.run(end + R"(
def swell():
    kept = []
    for i in range(2000): kept.append(bytearray(1 << 20))
start(swell)
end()
)");
  EXPECT_EQ(swelling.exit.limit, "memory") << swelling.err;
  const Outcome multiplying = world.run(end + R"(
def multiply():
    for i in range(200): start(lambda: time.sleep(60))
start(multiply)
end()
)");
  EXPECT_EQ(multiplying.exit.limit, "processes") << multiplying.err;
}

// Bounded by the clock, so that a limit that does not hold comes to light.
HOSTILE(HostileProcesses, AnEndlessCalculationEnds) {
  Confinement endless = world.python(R"(
import time
while time.process_time() < 10: pass
)");
  endless.limits.cpu_time = milliseconds(300);
  EXPECT_EQ(world.run(endless, kLong).exit.limit, "cpu");
}

HOSTILE(HostileProcesses, ManyCalculateOnOneAccount) {
  Confinement threads = world.python(R"(
import os, time
for i in range(3): os.fork()
while time.process_time() < 0.2: pass
os.wait()
)");
  threads.limits.cpu_time = milliseconds(600);
  EXPECT_EQ(world.run(threads, kLong).exit.limit, "cpu");
}

// One after the other, each within the limit: waited for by its parent, or by nobody but the sandbox, or by nobody.
HOSTILE(HostileProcesses, WhatTheDeadCalculatedIsOnTheAccount) {
  const std::string use = "import os, signal, time\ndef use(seconds):\n    while time.process_time() < seconds: pass\n";
  const std::string waits = R"(
for i in range(80):
    if os.fork() == 0:
        use(0.006)
        os._exit(0)
    os.wait()
)";
  const std::string orphans = R"(
for i in range(80):
    ended, end = os.pipe()
    if os.fork() == 0:
        if os.fork() == 0: use(0.006)
        os._exit(0)
    os.close(end)
    os.wait()
    os.read(ended, 1)
    os.close(ended)
)";
  const std::string ignored = R"(
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for i in range(20):
    if os.fork() == 0:
        use(0.05)
        os._exit(0)
    try: os.wait()
    except ChildProcessError: pass
)";
  for (const std::string& way : {waits, orphans, ignored}) {
    Confinement many = world.python(use + way);
    many.limits.cpu_time = milliseconds(250);
    EXPECT_EQ(world.run(many, kLong).exit.limit, "cpu") << way;
  }
}

HOSTILE(HostileProcesses, WhatIsWithinItsTimeRunsToItsEnd) {
  Confinement modest = world.python(R"(
import os, time
for i in range(60):
    if os.fork() == 0:
        while time.process_time() < 0.01: pass
        os._exit(0)
    if i % 3 == 2:
        for n in range(3): os.wait()
print('end')
)");
  modest.limits.cpu_time = milliseconds(3000);
  const Outcome outcome = world.run(modest, kLong);
  EXPECT_EQ(outcome.exit.limit, "");
  EXPECT_EQ(outcome.out, "end\n") << outcome.err;
}

HOSTILE(HostileProcesses, EndlessOutputIsStopped) {
  const auto child = world.start(world.python(R"(
import sys
while True: sys.stdout.write('x' * 65536)
)"));
  ASSERT_TRUE(child);
  EXPECT_EQ(testing::read_output(child->stdout_fd(), 1 << 20, milliseconds(20'000)).size(), 1u << 20);
  kill_and_tell(*child);
  const auto exit = child->wait(milliseconds(0));
  ASSERT_TRUE(exit.ok());
  EXPECT_EQ(exit->signal, SIGKILL);
}

HOSTILE(HostileProcesses, NothingEscapesByDoubleForkOrSession) {
  const auto child = world.start(world.python(R"(
import os, signal, time
for number in range(1, 32):
    try: signal.signal(number, signal.SIG_IGN)
    except OSError: pass
for i in range(5):
    if os.fork() == 0:
        os.setsid()
        if os.fork() != 0: os._exit(0)
        os.setsid() if os.getpid() != os.getsid(0) else None
        time.sleep(600)
time.sleep(0.2)
print('on', flush=True)
time.sleep(600)
)"));
  ASSERT_TRUE(child);
  EXPECT_EQ(testing::read_output(child->stdout_fd(), 3, milliseconds(20'000)), "on\n");
  EXPECT_GE(world.running(), 6);
  kill_and_tell(*child);
  EXPECT_EQ(world.running(), 0);
}

HOSTILE(HostileProcesses, WhatItLeavesBehindEndsWithIt) {
  const Outcome outcome = world.run(R"(
import os, time
if os.fork() == 0:
    os.setsid()
    time.sleep(600)
os._exit(7)
)");
  EXPECT_EQ(outcome.exit.code, 7);
  EXPECT_EQ(world.running(), 0);
}

HOSTILE(HostileProcesses, TheDestructorEndsIt) {
  world.start(world.python("import time\ntime.sleep(600)"));
  EXPECT_EQ(world.running(), 0);
}

HOSTILE(HostileProcesses, LocksEndWithIt) {
  const auto child = world.start(world.python(R"(
import fcntl, os, time
file = open(os.environ['WS'] + '/out/held', 'w')
fcntl.flock(file, fcntl.LOCK_EX)
if os.fork() == 0: os.setsid()
else: print('on', flush=True)
time.sleep(600)
)"));
  ASSERT_TRUE(child);
  EXPECT_EQ(testing::read_output(child->stdout_fd(), 3, milliseconds(20'000)), "on\n");
  const int held = ::open(world.path("workspace/out/held").c_str(), O_RDONLY | O_CLOEXEC);
  EXPECT_NE(::flock(held, LOCK_EX | LOCK_NB), 0);
  child->kill();
  EXPECT_EQ(::flock(held, LOCK_EX | LOCK_NB), 0);
  ::close(held);
}

HOSTILE(HostileProcesses, AKillEndsAWaitInAnotherThread) {
  const auto child = world.start(world.python("import time\ntime.sleep(600)"));
  ASSERT_TRUE(child);
  std::thread killer([&] { child->kill(); });
  const auto exit = child->wait(milliseconds(60'000));
  killer.join();
  ASSERT_TRUE(exit.ok());
  EXPECT_EQ(exit->signal, SIGKILL);
  child->kill();  // once more does no harm
}

HOSTILE(HostileProcesses, EndsWhenItsOwnerIsKilled) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t owner = ::fork();
  if (owner == 0) {
    const auto child = world.start(world.python("print('on', flush=True)\nimport time\ntime.sleep(600)"));
    const std::string on = child ? testing::read_output(child->stdout_fd(), 3, milliseconds(20'000)) : "";
    [[maybe_unused]] const ssize_t n = ::write(ready[1], on.data(), on.size());
    for (;;) ::pause();
  }
  ::close(ready[1]);
  EXPECT_EQ(testing::read_output(ready[0], 3, milliseconds(20'000)), "on\n");
  EXPECT_GE(world.running(), 1);
  ::kill(owner, SIGKILL);
  ::waitpid(owner, nullptr, 0);
  const auto deadline = steady_clock::now() + milliseconds(20'000);
  while (world.running() > 0 && steady_clock::now() < deadline) {
  }
  EXPECT_EQ(world.running(), 0);
  ::close(ready[0]);
}

HOSTILE(HostileProcesses, SignalsNobodyElse) {
  const pid_t bystander = ::fork();
  if (bystander == 0)
    for (;;) ::pause();
  const Outcome outcome = world.run("victims = [" + std::to_string(::getpid()) + ", " + std::to_string(bystander) +
                                    R"(]
import os, signal
for pid in victims + [os.getppid(), 1]:
    if pid <= 0: continue
    for number in [0, signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP]:
        try:
            os.kill(pid, number)
            if os.getppid() != 1 and pid != 1: print('signalled', pid)
        except OSError:
            pass
print('end')
)");
  EXPECT_EQ(outcome.out, "end\n") << outcome.err;
  EXPECT_EQ(::waitpid(bystander, nullptr, WNOHANG), 0);
  ::kill(bystander, SIGKILL);
  ::waitpid(bystander, nullptr, 0);
}

HOSTILE(HostileProcesses, OpensNoNetwork) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t bytes = sizeof address;
  ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), bytes), 0);
  ASSERT_EQ(::listen(listener, 1), 0);
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &bytes);
  const std::string source = "port = " + std::to_string(ntohs(address.sin_port)) + R"(
import socket
def attempt(family, kind, proto, where):
    try:
        s = socket.socket(family, kind, proto)
        s.connect(where)
        print('connected', family, kind)
    except OSError:
        pass
attempt(socket.AF_INET, socket.SOCK_STREAM, 0, ('127.0.0.1', port))
attempt(socket.AF_INET, socket.SOCK_DGRAM, 0, ('8.8.8.8', 53))
for family, kind in [(socket.AF_INET, socket.SOCK_RAW), (socket.AF_PACKET, socket.SOCK_RAW),
                     (socket.AF_NETLINK, socket.SOCK_RAW),
                     (40, socket.SOCK_STREAM), (socket.AF_INET6, socket.SOCK_RAW), (38, socket.SOCK_SEQPACKET)]:
    try:
        socket.socket(family, kind, 1 if family == socket.AF_INET else 0)
        print('made', family, kind)
    except OSError:
        pass
)";
  EXPECT_EQ(world.run(source).out, "");
  Confinement open = world.python(source);
  open.network.posture = NetworkGrant::Posture::kFull;
  EXPECT_NE(world.run(open).out.find("connected 2 1"), std::string::npos) << "the grant was given";
  ::close(listener);
}

HOSTILE(HostileProcesses, ReachesNoKernelInterface) {
  const Outcome outcome = world.run(R"(
import ctypes, errno, os, platform
libc = ctypes.CDLL(None, use_errno=True)
x86 = platform.machine() == 'x86_64'
calls = {'ptrace': (101, 117), 'mount': (165, 40), 'unshare': (272, 97), 'setns': (308, 268), 'bpf': (321, 280),
         'perf_event_open': (298, 241), 'keyctl': (250, 219), 'userfaultfd': (323, 282),
         'open_by_handle_at': (304, 265),
         'io_uring_setup': (425, 425), 'clone3': (435, 435), 'kexec_load': (246, 104), 'process_vm_readv': (310, 270),
         'shmget': (29, 194), 'newer': (460, 460), 'chroot': (161, 51), 'pidfd_getfd': (438, 438)}
for name, numbers in sorted(calls.items()):
    ctypes.set_errno(0)
    answer = libc.syscall(numbers[0 if x86 else 1], 0, 0, 0, 0, 0, 0)
    if answer != -1 or ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS):
        print(name, ctypes.get_errno())
ctypes.set_errno(0)
answer = libc.syscall(56 if x86 else 220, 0x10000000 | 17, 0, 0, 0, 0)
if answer != -1 or ctypes.get_errno() != errno.EPERM: print('clone')
import fcntl
try: fcntl.ioctl(0, 0x5412, b'x')
except OSError as error:
    if error.errno != errno.EPERM: print('TIOCSTI', error)
status = open('/proc/self/status').read()
for line in ['CapEff:\t0000000000000000', 'CapPrm:\t0000000000000000', 'CapAmb:\t0000000000000000',
             'NoNewPrivs:\t1', 'Seccomp:\t2']:
    if line not in status: print('not', line)
print(sorted(int(fd) for fd in os.listdir('/proc/self/fd'))[:4])
)");
  EXPECT_EQ(outcome.out, "[0, 1, 2, 3]\n") << outcome.err;  // 3 is the folder that is being listed
}

HOSTILE(HostileProcesses, InheritsNoEnvironment) {
  ::setenv("LUMENFLOW_TOKEN", "SECRET-token", 1);
  const Outcome outcome = world.run("import os\nprint(sorted(os.environ))");
  EXPECT_EQ(outcome.out.find("LUMENFLOW"), std::string::npos) << outcome.out;
}

HOSTILE(HostileProcesses, ExitAndSignalAreTold) {
  EXPECT_EQ(world.run("raise SystemExit(3)").exit.code, 3);
  EXPECT_EQ(world.run("raise SystemExit(137)").exit.signal, 0);
  const ChildExit exit = world.run("import os\nos.abort()").exit;
  EXPECT_EQ(exit.signal, SIGABRT);
  EXPECT_EQ(exit.code, 128 + SIGABRT);
  Confinement missing = world.python("");
  missing.command = {"no-such-program"};
  const auto child = world.launcher().start(missing);
  ASSERT_FALSE(child.ok());
  EXPECT_EQ(child.error().code(), ErrorCode::kInvalidInput);
}

}  // namespace
}  // namespace lumenflow::sandbox
