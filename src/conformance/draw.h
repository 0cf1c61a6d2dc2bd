// Choices that come out the same for the same seed, on every machine.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/random.h"

namespace lumenflow::conformance {

// Not thread safe.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : random_(seed) {}

  // From 0 to n - 1; 0 for n = 0. The bias of the remainder does not matter here.
  std::uint64_t below(std::uint64_t n) {
    std::uint64_t bits = 0;
    std::uint8_t bytes[8];
    random_.fill(bytes);
    for (const std::uint8_t byte : bytes) bits = bits << 8 | byte;
    return n == 0 ? 0 : bits % n;
  }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  template <class Items>
  const auto& one_of(const Items& items) {
    return items[below(std::size(items))];
  }

 private:
  SeededRandom random_;
};

// A seed for one part of a run: of the run's seed and the part's name.
std::uint64_t seed_for(std::uint64_t seed, std::string_view part);

}  // namespace lumenflow::conformance
