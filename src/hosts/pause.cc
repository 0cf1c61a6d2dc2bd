#include "hosts/pause.h"

#include <condition_variable>
#include <mutex>

#include "pack/hosted_run.h"

namespace lumenflow::hosts {

bool pause(std::chrono::milliseconds time, pack::HostedRun* run) {
  if (time <= std::chrono::milliseconds(0)) return true;
  std::mutex mutex;
  std::condition_variable changed;
  bool cancelled = false;
  if (run != nullptr)
    run->when_cancelled([&] {
      const std::lock_guard lock(mutex);
      cancelled = true;
      changed.notify_one();
    });
  bool stop = false;
  {
    std::unique_lock lock(mutex);
    stop = changed.wait_for(lock, time, [&] { return cancelled; });
  }
  if (run != nullptr) run->when_cancelled({});
  return !stop;
}

}  // namespace lumenflow::hosts
