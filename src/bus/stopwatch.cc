#include "bus/stopwatch.h"

#include <algorithm>

namespace lumenflow::bus {

Stopwatch::Stopwatch() : start_ticks_(ticks()), start_(std::chrono::steady_clock::now()) {}

// The longer ago the start, the better the scale is known; what is measured is part of that time.
std::chrono::nanoseconds Stopwatch::duration(std::uint64_t measured) const {
  const std::uint64_t now = ticks();
  const std::chrono::nanoseconds passed = std::chrono::steady_clock::now() - start_;
  if (now <= start_ticks_) return {};
  const double scale = static_cast<double>(passed.count()) / static_cast<double>(now - start_ticks_);
  return std::min(passed, std::chrono::nanoseconds(static_cast<std::int64_t>(scale * static_cast<double>(measured))));
}

}  // namespace lumenflow::bus
