// Draws of whole numbers from a seed, the same with every compiler and library (splitmix64).
#pragma once

#include <chrono>
#include <cstdint>

namespace lumenflow::sim {

using Micros = std::chrono::microseconds;

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t end) { return end == 0 ? 0 : next() % end; }
  std::int64_t between(std::int64_t low, std::int64_t high) {  // both included
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low + 1)));
  }
  bool chance(unsigned percent) { return below(100) < percent; }
  Micros between(Micros low, Micros high) { return Micros(between(low.count(), high.count())); }

 private:
  std::uint64_t state_;
};

}  // namespace lumenflow::sim
