// Points in time and the clock port.
//
// Wall time is milliseconds since 1970-01-01T00:00:00Z without leap seconds; durations are std::chrono.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "lumenflow/result.h"

namespace lumenflow {

struct Timestamp {
  std::int64_t ms = 0;  // since 1970, UTC
  auto operator<=>(const Timestamp&) const = default;
  Timestamp operator+(std::chrono::milliseconds d) const { return {ms + d.count()}; }
  Timestamp operator-(std::chrono::milliseconds d) const { return {ms - d.count()}; }
  std::chrono::milliseconds operator-(Timestamp other) const { return std::chrono::milliseconds(ms - other.ms); }
};

// RFC 3339, UTC, exactly three fractional digits: "2026-03-01T12:00:00.000Z". Years 0000 to 9999; beyond is clamped.
std::string format_rfc3339(Timestamp time);
void append_rfc3339(Timestamp time, std::string& out);

// Any RFC 3339 date-time (offsets, any number of fractional digits; finer than a millisecond is cut off; a leap second
// 23:59:60Z is taken as the next second). INVALID_INPUT otherwise.
Result<Timestamp> parse_rfc3339(std::string_view text);

// "500ms", "30s", "10m", "24h", "30d".
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

// Reading the time is an external fact; whoever needs it takes a Clock. Implementations are thread safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp now() const = 0;
  // For measuring; unrelated to wall time, never goes back.
  virtual std::chrono::nanoseconds monotonic() const = 0;
};

class SystemClock final : public Clock {
 public:
  Timestamp now() const override;
  std::chrono::nanoseconds monotonic() const override;
};

// Stands still until told. Not thread safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Timestamp start = {1'772'366'400'000}) : now_(start) {}  // 2026-03-01T12:00:00Z
  Timestamp now() const override { return now_; }
  std::chrono::nanoseconds monotonic() const override { return monotonic_; }
  void advance(std::chrono::milliseconds by) { now_ = now_ + by, monotonic_ += by; }
  void set_wall(Timestamp to) { now_ = to; }  // wall time alone: what an operator or NTP does

 private:
  Timestamp now_;
  std::chrono::nanoseconds monotonic_{0};
};

}  // namespace lumenflow
