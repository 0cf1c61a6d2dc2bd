#include "sidekick/tool_impl/time.h"

#include <algorithm>
#include <chrono>
#include <optional>

namespace lumenflow::sidekick {
namespace {

constexpr std::int64_t kFirstMs = -62'167'219'200'000;  // 0000-01-01T00:00:00.000Z
constexpr std::int64_t kLastMs = 253'402'300'799'999;   // 9999-12-31T23:59:59.999Z

void put_digits(char* at, int digits, std::int64_t value) {
  for (int i = digits; i-- > 0; value /= 10) at[i] = static_cast<char>('0' + value % 10);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes what is there from the front; once something is missing it stays failed.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  int number(std::size_t digits) {
    if (rest_.size() < digits ||
        !std::all_of(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(digits), is_digit))
      return fail();
    int value = 0;
    for (char c : rest_.substr(0, digits)) value = value * 10 + (c - '0');
    rest_.remove_prefix(digits);
    return value;
  }
  // One of `choices`, which is returned.
  char any_of(std::string_view choices) {
    if (rest_.empty() || choices.find(rest_.front()) == std::string_view::npos) return static_cast<char>(fail());
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  // ".123456" as milliseconds, 0 when there is no fraction.
  int fraction_ms() {
    if (rest_.empty() || rest_.front() != '.') return 0;
    rest_.remove_prefix(1);
    int value = 0;
    std::size_t digits = 0;
    for (; digits < rest_.size() && is_digit(rest_[digits]); ++digits)
      if (digits < 3) value = value * 10 + (rest_[digits] - '0');
    if (digits == 0) return fail();
    for (std::size_t i = digits; i < 3; ++i) value *= 10;
    rest_.remove_prefix(digits);
    return value;
  }
  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && rest_.empty(); }

 private:
  int fail() {
    ok_ = false;
    rest_ = {};
    return 0;
  }

  std::string_view rest_;
  bool ok_ = true;
};

std::optional<std::int64_t> scan_time(std::string_view text) {
  Scanner scanner(text);
  const int year = scanner.number(4);
  scanner.any_of("-");
  const int month = scanner.number(2);
  scanner.any_of("-");
  const int day = scanner.number(2);
  scanner.any_of("Tt");
  const int hour = scanner.number(2);
  scanner.any_of(":");
  const int minute = scanner.number(2);
  scanner.any_of(":");
  const int second = scanner.number(2);
  const int ms = scanner.fraction_ms();
  const char zone = scanner.any_of("Zz+-");
  int offset_minutes = 0;
  if (zone == '+' || zone == '-') {
    const int offset_hour = scanner.number(2);
    scanner.any_of(":");
    const int offset_minute = scanner.number(2);
    if (offset_hour > 23 || offset_minute > 59) return std::nullopt;
    offset_minutes = (offset_hour * 60 + offset_minute) * (zone == '-' ? -1 : 1);
  }
  if (!scanner.at_end()) return std::nullopt;

  const auto date = std::chrono::year(year) / month / day;
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const std::int64_t minutes =
      std::chrono::sys_days(date).time_since_epoch().count() * 1440LL + hour * 60 + minute - offset_minutes;
  // A leap second exists only as the last one of a UTC day.
  if (second == 60 && (minutes % 1440 + 1440) % 1440 != 1439) return std::nullopt;
  return (minutes * 60 + second) * 1000 + ms;
}

}  // namespace

std::string format_time(std::int64_t ms) {
  const std::chrono::sys_time<std::chrono::milliseconds> time{
      std::chrono::milliseconds(std::clamp(ms, kFirstMs, kLastMs))};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::int64_t in_day = (time - day).count();
  std::string text = "0000-00-00T00:00:00.000Z";
  put_digits(text.data(), 4, static_cast<int>(date.year()));
  put_digits(text.data() + 5, 2, static_cast<unsigned>(date.month()));
  put_digits(text.data() + 8, 2, static_cast<unsigned>(date.day()));
  put_digits(text.data() + 11, 2, in_day / 3'600'000);
  put_digits(text.data() + 14, 2, in_day / 60'000 % 60);
  put_digits(text.data() + 17, 2, in_day / 1000 % 60);
  put_digits(text.data() + 20, 3, in_day % 1000);
  return text;
}

Result<std::int64_t> parse_time(std::string_view text) {
  if (const std::optional<std::int64_t> ms = scan_time(text)) return *ms;
  return Error(ErrorCode::kInvalidInput, "not an RFC 3339 date-time such as 2026-03-01T12:00:00Z");
}

}  // namespace lumenflow::sidekick
