// Time that has really passed, cheap enough to be read between deliveries, whatever a simulation's clock says.
//
// On x86 the processor's time stamp is read; it becomes nanoseconds by the monotonic clock, which is asked only when
// much time may have passed. One thread.
#pragma once

#include <chrono>
#include <cstdint>

namespace lumenflow::bus {

class Stopwatch {
 public:
  Stopwatch();

  static std::uint64_t ticks() {
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
  }

  // Whether so many ticks might be `limit` or more; no processor that it would be wrong for runs this program.
  static bool may_exceed(std::uint64_t ticks, std::chrono::nanoseconds limit) {
    return ticks >= static_cast<std::uint64_t>(limit.count()) / kNanosecondsPerTickMax;
  }
  std::chrono::nanoseconds duration(std::uint64_t ticks) const;

 private:
#if defined(__x86_64__)
  static constexpr std::uint64_t kNanosecondsPerTickMax = 2;  // 500 MHz
#else
  static constexpr std::uint64_t kNanosecondsPerTickMax = 1;
#endif
  const std::uint64_t start_ticks_;
  const std::chrono::steady_clock::time_point start_;
};

}  // namespace lumenflow::bus
