#include "base/random.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>

#include "base/check.h"

namespace lumenflow {

void SystemRandom::fill(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    if (used_ == buffer_.size()) {
      std::size_t got = 0;
      while (got < buffer_.size()) {
        const ssize_t n = getrandom(buffer_.data() + got, buffer_.size() - got, 0);
        LUMENFLOW_CHECK(n > 0 || errno == EINTR);
        if (n > 0) got += static_cast<std::size_t>(n);
      }
      used_ = 0;
    }
    const std::size_t n = std::min(out.size(), buffer_.size() - used_);
    std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(used_), n, out.begin());
    std::fill_n(buffer_.begin() + static_cast<std::ptrdiff_t>(used_), n, std::uint8_t{0});  // never handed out twice
    used_ += n;
    out = out.subspan(n);
  }
}

void SeededRandom::fill(std::span<std::uint8_t> out) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (i % 8 == 0) {
      state_ += 0x9e3779b97f4a7c15;
      word = state_;
      word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9;
      word = (word ^ (word >> 27)) * 0x94d049bb133111eb;
      word ^= word >> 31;
    }
    out[i] = static_cast<std::uint8_t>(word >> (i % 8 * 8));
  }
}

}  // namespace lumenflow
