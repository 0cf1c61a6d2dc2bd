// Random bytes are an external fact; whoever needs them takes a Random.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace lumenflow {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> out) = 0;
  std::array<std::uint8_t, 16> draw16() {
    std::array<std::uint8_t, 16> out;
    fill(out);
    return out;
  }
};

// The operating system's generator (getrandom), a page at a time. Not thread safe: one per owner. Aborts if the
// system has none, because ids and keys would be guessable.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override;

 private:
  std::array<std::uint8_t, 512> buffer_;
  std::size_t used_ = sizeof buffer_;
};

// The same bytes for the same seed, on every machine (splitmix64). For tests and simulation only. Not thread safe.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<std::uint8_t> out) override;

 private:
  std::uint64_t state_;
};

}  // namespace lumenflow
