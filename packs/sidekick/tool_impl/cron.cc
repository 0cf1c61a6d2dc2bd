#include "sidekick/tool_impl/cron.h"

#include <array>
#include <bit>
#include <chrono>
#include <span>
#include <string>

namespace lumenflow::sidekick {
namespace {

constexpr int kMinutesPerDay = 1440;
constexpr int kCalendarCycleMonths = 400 * 12;
constexpr int kYearMax = 9999;

constexpr std::array<std::string_view, 12> kMonthNames{"jan", "feb", "mar", "apr", "may", "jun",
                                                       "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kWeekdayNames{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct Field {
  std::string_view title;
  int min;
  int max;
  std::span<const std::string_view> names;  // the first stands for `min`
};

const std::array<Field, 5> kFields{{{"minute", 0, 59, {}},
                                    {"hour", 0, 23, {}},
                                    {"day of month", 1, 31, {}},
                                    {"month", 1, 12, kMonthNames},
                                    {"day of week", 0, 7, kWeekdayNames}}};

bool is_space(char c) { return c == ' ' || c == '\t'; }

std::string_view next_word(std::string_view& text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  std::size_t size = 0;
  while (size < text.size() && !is_space(text[size])) ++size;
  const std::string_view word = text.substr(0, size);
  text.remove_prefix(size);
  return word;
}

// What stands before `separator`, which is taken too; everything when there is none.
std::string_view take_until(std::string_view& text, char separator, bool& found) {
  const std::size_t at = text.find(separator);
  found = at != std::string_view::npos;
  const std::string_view head = text.substr(0, at);
  text = found ? text.substr(at + 1) : std::string_view();
  return head;
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((text[i] | 0x20) != lower[i]) return false;
  return true;
}

Error refuse(const Field& field, std::string_view part, std::string_view why) {
  return Error(ErrorCode::kInvalidInput,
               "cron field \"" + std::string(field.title) + "\": \"" + std::string(part) + "\" " + std::string(why));
}

// One or two digits; nothing otherwise.
std::optional<int> small_number(std::string_view text) {
  if (text.empty() || text.size() > 2) return std::nullopt;
  int value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

Result<int> parse_value(const Field& field, std::string_view text) {
  for (std::size_t i = 0; i < field.names.size(); ++i)
    if (equals_ignoring_case(text, field.names[i])) return field.min + static_cast<int>(i);
  const std::optional<int> value = small_number(text);
  if (!value) return refuse(field, text, field.names.empty() ? "is not a number" : "is neither a number nor a name");
  if (*value < field.min || *value > field.max)
    return refuse(field, text, "is not in " + std::to_string(field.min) + ".." + std::to_string(field.max));
  return *value;
}

struct Range {
  int first;
  int last;
};

// `a`, `a-b` or `*`; `a` alone runs to the end of the field when a step follows.
Result<Range> parse_range(const Field& field, std::string_view text, bool has_step) {
  if (text == "*") return Range{field.min, field.max};
  bool is_range = false;
  std::string_view rest = text;
  const std::string_view head = take_until(rest, '-', is_range);
  LUMENFLOW_TRY_ASSIGN(const int first, parse_value(field, head));
  if (!is_range) return Range{first, has_step ? field.max : first};
  LUMENFLOW_TRY_ASSIGN(int last, parse_value(field, rest));
  if (field.max == 7 && last == 0 && first > 0) last = 7;  // "fri-sun"
  if (last < first) return refuse(field, text, "runs backwards");
  return Range{first, last};
}

Result<std::uint64_t> parse_field(const Field& field, std::string_view text) {
  std::uint64_t bits = 0;
  bool more = true;
  while (more) {
    std::string_view item = take_until(text, ',', more);
    const std::string_view whole = item;
    bool has_step = false;
    const std::string_view range_text = take_until(item, '/', has_step);
    LUMENFLOW_TRY_ASSIGN(const Range range, parse_range(field, range_text, has_step));
    const int step = has_step ? small_number(item).value_or(0) : 1;
    if (step < 1 || step > field.max)
      return refuse(field, whole, "needs a step of 1 to " + std::to_string(field.max) + " behind the slash");
    for (int value = range.first; value <= range.last; value += step) bits |= std::uint64_t{1} << value;
  }
  return bits;
}

// The lowest set bit at or above `from`.
std::optional<int> next_bit(std::uint64_t bits, int from) {
  const std::uint64_t rest = from > 63 ? 0 : bits >> from << from;
  if (rest == 0) return std::nullopt;
  return std::countr_zero(rest);
}

}  // namespace

Result<CronSchedule> CronSchedule::parse(std::string_view text) {
  std::array<std::string_view, kFields.size()> words;
  std::string_view rest = text;
  for (std::string_view& word : words) word = next_word(rest);
  if (words.back().empty() || !next_word(rest).empty())
    return Error(ErrorCode::kInvalidInput,
                 "cron needs exactly five fields: minute, hour, day of month, month, day of week");
  CronSchedule schedule;
  const std::array<std::uint64_t*, kFields.size()> bits{&schedule.minutes_, &schedule.hours_, &schedule.days_,
                                                        &schedule.months_, &schedule.weekdays_};
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    LUMENFLOW_TRY_ASSIGN(*bits[i], parse_field(kFields[i], words[i]));
  }
  if ((schedule.weekdays_ & 1u << 7) != 0) schedule.weekdays_ |= 1;  // 7 is Sunday too
  schedule.either_day_ = !words[2].starts_with('*') && !words[4].starts_with('*');
  return schedule;
}

// The days of one month that match, as bits.
std::uint32_t CronSchedule::days_matching(int year, unsigned month) const {
  using std::chrono::last;
  const auto end = std::chrono::year(year) / static_cast<int>(month) / last;
  const unsigned length = static_cast<unsigned>(end.day());
  const std::uint64_t by_date = days_ & ((std::uint64_t{2} << length) - 1);
  if (by_date == 0 && !either_day_) return 0;
  const unsigned weekday_of_last = std::chrono::weekday(std::chrono::sys_days(end)).c_encoding();
  // 35 days back is a whole number of weeks.
  const unsigned weekday_before_first = (weekday_of_last + 35 - length) % 7;
  std::uint64_t by_weekday = 0;
  for (unsigned day = 1; day <= length; ++day)
    if ((weekdays_ >> (weekday_before_first + day) % 7 & 1) != 0) by_weekday |= std::uint64_t{1} << day;
  return static_cast<std::uint32_t>(either_day_ ? by_date | by_weekday : by_date & by_weekday);
}

std::optional<int> CronSchedule::minute_from(int minute_of_day) const {
  const int hour = minute_of_day / 60;
  if ((hours_ >> hour & 1) != 0)
    if (const std::optional<int> minute = next_bit(minutes_, minute_of_day % 60)) return hour * 60 + *minute;
  const std::optional<int> later = next_bit(hours_, hour + 1);
  if (!later) return std::nullopt;
  return *later * 60 + std::countr_zero(minutes_);
}

std::optional<std::int64_t> CronSchedule::next_after(std::int64_t ms) const {
  const std::chrono::sys_time<std::chrono::milliseconds> now{std::chrono::milliseconds(ms)};
  const auto start = std::chrono::floor<std::chrono::minutes>(now) + std::chrono::minutes(1);
  const auto start_day = std::chrono::floor<std::chrono::days>(start);
  const std::chrono::year_month_day date{start_day};
  int year = static_cast<int>(date.year());
  unsigned month = static_cast<unsigned>(date.month());
  unsigned first_day = static_cast<unsigned>(date.day());
  int first_minute = static_cast<int>((start - start_day).count());

  for (int i = 0; i <= kCalendarCycleMonths && year <= kYearMax; ++i) {
    std::uint64_t days = (months_ >> month & 1) != 0 ? days_matching(year, month) : 0;
    days = days >> first_day << first_day;
    while (days != 0) {
      const int day = std::countr_zero(days);
      const bool is_start = i == 0 && day == static_cast<int>(first_day);
      if (const std::optional<int> minute = minute_from(is_start ? first_minute : 0)) {
        const std::chrono::sys_days found{std::chrono::year(year) / static_cast<int>(month) / day};
        return (found.time_since_epoch().count() * std::int64_t{kMinutesPerDay} + *minute) * 60'000;
      }
      days &= days - 1;
    }
    first_day = 1;
    first_minute = 0;
    month = month == 12 ? 1 : month + 1;
    if (month == 1) ++year;
  }
  return std::nullopt;
}

}  // namespace lumenflow::sidekick
