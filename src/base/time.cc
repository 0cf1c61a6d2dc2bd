#include "base/time.h"

#include <algorithm>
#include <array>
#include <ctime>

namespace lumenflow {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

// Days since 1970-01-01 of a proleptic Gregorian date, and back: <chrono>'s own calendar.
std::int64_t days_from_civil(int year, unsigned month, unsigned day) {
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{day}};
  return std::chrono::sys_days{date}.time_since_epoch().count();
}

// Writes `width` digits that end before `end`.
void put_digits(char* end, unsigned value, int width) {
  for (; width > 0; --width, value /= 10) *--end = static_cast<char>('0' + value % 10);
}

using Rfc3339 = std::array<char, 24>;

Rfc3339 rfc3339_text(std::int64_t ms) {
  std::int64_t day = ms / kDayMs, in_day = ms % kDayMs;
  if (in_day < 0) --day, in_day += kDayMs;
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
  Rfc3339 text{"0000-00-00T00:00:00.000"};
  text.back() = 'Z';
  put_digits(&text[4], static_cast<unsigned>(static_cast<int>(date.year())), 4);
  put_digits(&text[7], static_cast<unsigned>(date.month()), 2);
  put_digits(&text[10], static_cast<unsigned>(date.day()), 2);
  put_digits(&text[13], static_cast<unsigned>(in_day / 3'600'000), 2);
  put_digits(&text[16], static_cast<unsigned>(in_day / 60'000 % 60), 2);
  put_digits(&text[19], static_cast<unsigned>(in_day / 1'000 % 60), 2);
  put_digits(&text[23], static_cast<unsigned>(in_day % 1'000), 3);
  return text;
}

// Reads exactly `width` digits at `at`; -1 when something else stands there.
int digits_at(std::string_view text, std::size_t at, std::size_t width) {
  if (at + width > text.size()) return -1;
  int value = 0;
  for (char c : text.substr(at, width)) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

Error bad_time(std::string_view text) {
  return Error(ErrorCode::kInvalidInput,
               "'" + std::string(text) + "' is not an RFC 3339 date-time, e.g. 2026-03-01T12:00:00Z");
}

struct Zone {
  int offset_minutes;
  bool ok;
};

Zone zone_at(std::string_view text, std::size_t at) {
  const std::string_view zone = text.substr(at);
  if (zone == "Z" || zone == "z") return {0, true};
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') return {0, false};
  const int hours = digits_at(zone, 1, 2), minutes = digits_at(zone, 4, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return {0, false};
  return {(zone[0] == '-' ? -1 : 1) * (hours * 60 + minutes), true};
}

}  // namespace

void append_rfc3339(Timestamp time, std::string& out) {
  constexpr std::int64_t kFirst = -62'167'219'200'000, kLast = 253'402'300'799'999;  // years 0000 and 9999
  const std::int64_t ms = std::clamp(time.ms, kFirst, kLast);
  // A call writes the same moment several times.
  thread_local std::int64_t last_ms = 0;
  thread_local Rfc3339 last = rfc3339_text(0);
  if (ms != last_ms) {
    last = rfc3339_text(ms);
    last_ms = ms;
  }
  out.append(last.data(), last.size());
}

std::string format_rfc3339(Timestamp time) {
  std::string out;
  out.reserve(24);
  append_rfc3339(time, out);
  return out;
}

Result<Timestamp> parse_rfc3339(std::string_view text) {
  const int year = digits_at(text, 0, 4), month = digits_at(text, 5, 2), day = digits_at(text, 8, 2);
  const int hour = digits_at(text, 11, 2), minute = digits_at(text, 14, 2), second = digits_at(text, 17, 2);
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != 't') || text[13] != ':' ||
      text[16] != ':' || std::min({year, month, day, hour, minute, second}) < 0)
    return bad_time(text);
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return bad_time(text);

  std::size_t at = 19;
  int fraction_ms = 0;
  if (text[at] == '.') {
    const std::size_t first = ++at;
    int scale = 100;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10)
      fraction_ms += (text[at] - '0') * scale;
    if (at == first) return bad_time(text);
  }
  const Zone zone = zone_at(text, at);
  if (!zone.ok) return bad_time(text);
  const std::int64_t seconds = hour * 3600 + (minute - zone.offset_minutes) * 60 + second;
  if (second == 60) {  // RFC 3339 5.7: a leap second is only inserted at 23:59:60 UTC
    const std::int64_t of_day = ((seconds - 1) % 86'400 + 86'400) % 86'400;
    if (of_day != 86'399) return bad_time(text);
    fraction_ms = 0;
  }
  return Timestamp{days_from_civil(year, date.month().operator unsigned(), date.day().operator unsigned()) * kDayMs +
                   seconds * 1000 + fraction_ms};
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto bad = [&] {
    return Error(ErrorCode::kInvalidInput,
                 "'" + std::string(text) + "' is not a duration such as 500ms, 30s, 10m, 24h or 30d");
  };
  std::size_t at = 0;
  std::int64_t value = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
    if (value > 100'000'000'000) return bad();
    value = value * 10 + (text[at] - '0');
  }
  if (at == 0) return bad();
  const std::string_view unit = text.substr(at);
  std::int64_t factor = 0;
  if (unit == "ms") factor = 1;
  if (unit == "s") factor = 1'000;
  if (unit == "m") factor = 60'000;
  if (unit == "h") factor = 3'600'000;
  if (unit == "d") factor = kDayMs;
  if (factor == 0 || value > 3'155'760'000'000 / factor) return bad();  // a hundred years
  return std::chrono::milliseconds(value * factor);
}

Timestamp SystemClock::now() const {
  return {std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
              .count()};
}

std::chrono::nanoseconds SystemClock::monotonic() const { return std::chrono::steady_clock::now().time_since_epoch(); }

}  // namespace lumenflow
