// Five-field cron in UTC: minute, hour, day of month, month, day of week.
//
// A field is a list of `*`, `a`, `a-b`, each with an optional `/step` (`a/step` runs from a to the end of the field).
// Months and weekdays have their English three-letter names; Sunday is 0 or 7. As in Vixie cron, when both day fields
// are restricted (neither begins with `*`) a day that matches either one is meant, otherwise one that matches both.
// A value; immutable once parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "lumenflow/result.h"

namespace lumenflow::sidekick {

class CronSchedule {
 public:
  // INVALID_INPUT says which field is wrong and why.
  static Result<CronSchedule> parse(std::string_view text);

  // The first matching minute after `ms`; nothing when there is none up to the year 9999. The search ends after the 400
  // years in which the calendar repeats, so a date that does not exist costs microseconds.
  std::optional<std::int64_t> next_after(std::int64_t ms) const;

 private:
  CronSchedule() = default;
  std::uint32_t days_matching(int year, unsigned month) const;
  std::optional<int> minute_from(int minute_of_day) const;

  // Bit n stands for the value n.
  std::uint64_t minutes_ = 0;
  std::uint64_t hours_ = 0;
  std::uint64_t days_ = 0;
  std::uint64_t months_ = 0;
  std::uint64_t weekdays_ = 0;
  bool either_day_ = false;
};

}  // namespace lumenflow::sidekick
