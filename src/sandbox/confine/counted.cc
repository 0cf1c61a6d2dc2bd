#include "sandbox/confine/counted.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

namespace lumenflow::sandbox {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kLookEvery{10}, kLookEveryMax{100}, kHoldFor{1};
constexpr int kShare = 10;  // of the time goes to looking, where processes are many

std::uint64_t milliseconds_of(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1000 + static_cast<std::uint64_t>(time.tv_usec) / 1000;
}

}  // namespace

int Counted::wait_ms() const {
  const auto left = std::chrono::ceil<milliseconds>(next_look_ - Clock::now());
  return static_cast<int>(std::clamp(left, milliseconds(0), gate_.holds_some() ? kHoldFor : kLookEveryMax).count());
}

LimitHit Counted::look() {
  if (!gate_.serve([this] { return count_tasks(); })) return LimitHit::kProcesses;
  const auto began = Clock::now();
  if (began < next_look_) return LimitHit::kNone;
  if (gate_.grown()) processes_ = descendants_of(::getpid());
  const std::uint64_t cpu = cpu_ms();
  std::uint64_t memory = memory_of(processes_);
  if (!plan_.bubblewrap.empty()) memory += bytes_in("/tmp") + bytes_in("/dev/shm");
  const auto now = Clock::now();
  next_look_ = now + std::clamp<Clock::duration>((now - began) * kShare, kLookEvery, kLookEveryMax);
  if (plan_.cpu_ms != 0 && cpu >= plan_.cpu_ms) return LimitHit::kCpu;
  return memory > plan_.memory_bytes ? LimitHit::kMemory : LimitHit::kNone;
}

// From the ancestors down, against the way that times go: none is seen twice.
std::uint64_t Counted::cpu_ms() {
  rusage reaped{};
  ::getrusage(RUSAGE_CHILDREN, &reaped);
  std::uint64_t sum = milliseconds_of(reaped.ru_utime) + milliseconds_of(reaped.ru_stime);
  std::erase_if(processes_, [&sum](const Process& process) {
    const std::optional<Process> now = look_at(process.id);
    if (now) sum += now->cpu_ms;
    return !now;  // its number may soon be another's
  });
  return cpu_.add(sum);
}

// Without the dead that this process is about to reap.
std::uint64_t Counted::count_tasks() {
  std::uint64_t tasks = 0;
  for (const Process& process : descendants_of(::getpid()))
    if (process.state != 'Z' || process.threads > 1 || process.parent != ::getpid()) tasks += process.threads;
  return tasks;
}

}  // namespace lumenflow::sandbox
