#include "agent-runtime/providers/retry_after.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace lumenflow::agent_runtime {
namespace {

constexpr std::int64_t kWeekMs = 7LL * 24 * 3600 * 1000;
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::optional<std::int64_t> number(std::string_view text) {
  double value = 0;  // some send fractions of seconds
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size() || !(value >= 0) || value > 1e12) return std::nullopt;
  return static_cast<std::int64_t>(value * 1000);
}

std::optional<int> digits(std::string_view text) {
  int value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::int64_t> http_date_ms(std::string_view text) {
  if (text.size() != 29 || text.substr(3, 2) != ", " || !text.ends_with(" GMT") || text[19] != ':' || text[22] != ':')
    return std::nullopt;
  const auto month = std::ranges::find(kMonths, text.substr(8, 3));
  const auto day = digits(text.substr(5, 2)), year = digits(text.substr(12, 4)), hour = digits(text.substr(17, 2)),
             minute = digits(text.substr(20, 2)), second = digits(text.substr(23, 2));
  if (month == kMonths.end() || !day || !year || !hour || !minute || !second) return std::nullopt;
  if (*hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return (((days * 24 + *hour) * 60 + *minute) * 60 + *second) * 1000;
}

std::optional<std::int64_t> retry_after_ms(const pack::HttpResponse& response, std::int64_t now_ms) {
  std::optional<std::int64_t> wait;
  if (const auto exact = number(response.header("retry-after-ms"))) wait = *exact / 1000;
  const std::string_view said = response.header("retry-after");
  if (!wait) wait = number(said);
  if (!wait) {
    if (const auto at = http_date_ms(said)) wait = *at - http_date_ms(response.header("date")).value_or(now_ms);
  }
  if (wait) wait = std::clamp<std::int64_t>(*wait, 0, kWeekMs);
  return wait;
}

}  // namespace lumenflow::agent_runtime
