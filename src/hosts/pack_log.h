// What a pack writes to stderr, and what it says by `log`, on its way into the workspace's log: line by line, cut, and
// no more of it than may be. Thread safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "base/logging.h"

namespace lumenflow::hosts {

class PackLog {
 public:
  // Where a line goes in the end.
  using Sink = std::function<void(LogLevel level, std::string_view origin, const std::string& line)>;

  PackLog(std::size_t lines_per_second_max, std::function<std::string(std::string_view)> redact, Sink sink)
      : lines_max_(lines_per_second_max), redact_(std::move(redact)), sink_(std::move(sink)) {}

  // `origin` is "stderr" or "log".
  void line(LogLevel level, std::string_view origin, std::string_view text);
  // As it would be logged, but whole.
  std::string masked(std::string_view text) const { return redact_ ? redact_(text) : std::string(text); }
  std::uint64_t dropped() const;

 private:
  const std::size_t lines_max_;
  const std::function<std::string(std::string_view)> redact_;
  const Sink sink_;
  mutable std::mutex mutex_;
  std::chrono::steady_clock::time_point second_{};  // begin of the one that is counted
  std::size_t lines_ = 0;                           // in it
  std::uint64_t dropped_ = 0;
  std::uint64_t untold_ = 0;  // of those dropped
};

// Cuts one child's stderr into lines, without those of private keys. One thread.
class LineCutter {
 public:
  explicit LineCutter(PackLog& log) : log_(log) {}
  void take(std::string_view bytes);
  void finish();  // the end: what is left is a line

 private:
  bool is_inside_a_key();

  PackLog& log_;
  std::string begun_;
  std::size_t key_lines_left_ = 0;  // of a private key whose first line was seen: no more than so many
  bool cut_ = false;                // the rest of this line is not wanted
};

}  // namespace lumenflow::hosts
