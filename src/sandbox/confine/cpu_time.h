// The processor time that a tree of processes has used, the dead included.
//
// Linux keeps it: what a process used goes to its parent when that waits for it. What nobody waits for is lost, and
// what is on its way may be missed for once; neither is held against the program nor in its favour here. Only what a
// process uses between the last look at it and its end, when nobody waits for it, is never seen.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace lumenflow::sandbox {

class CpuTime {
 public:
  // `seen`: of all that is there, and of all that was waited for. The whole, which never shrinks.
  std::uint64_t add(std::uint64_t seen) {
    const std::uint64_t before = highest();
    recent_[next_++ % recent_.size()] = seen;
    if (highest() < before) lost_ += before - highest();
    return highest() + lost_;
  }

 private:
  std::uint64_t highest() const { return *std::max_element(recent_.begin(), recent_.end()); }

  std::array<std::uint64_t, 3> recent_{};
  std::size_t next_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace lumenflow::sandbox
