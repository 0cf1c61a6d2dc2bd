#include "agent-runtime/moment.h"

#include <chrono>
#include <cstddef>

namespace lumenflow::agent_runtime {
namespace {

// `count` digits at `at`; nothing when they are not there.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (text.size() < at + count) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

}  // namespace

std::optional<std::int64_t> milliseconds_of(std::string_view text) {
  using namespace std::chrono;
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  if (text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != 't') || text[13] != ':' || text[16] != ':')
    return std::nullopt;
  const year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                            std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  std::size_t at = 19;
  int fraction = 0, scale = 100;
  if (at < text.size() && text[at] == '.') {
    const std::size_t first = ++at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10)
      fraction += (text[at] - '0') * scale;
    if (at == first) return std::nullopt;
  }
  int offset = 0;
  if (at + 1 == text.size() && (text[at] == 'Z' || text[at] == 'z')) {
    offset = 0;
  } else {
    const auto hours_off = digits(text, at + 1, 2), minutes_off = digits(text, at + 4, 2);
    if (at + 6 != text.size() || (text[at] != '+' && text[at] != '-') || text[at + 3] != ':' || !hours_off ||
        !minutes_off || *hours_off > 23 || *minutes_off > 59)
      return std::nullopt;
    offset = (*hours_off * 60 + *minutes_off) * (text[at] == '+' ? 1 : -1);
  }
  const auto days = sys_days(date).time_since_epoch();
  const milliseconds sum = days + hours(*hour) + minutes(*minute - offset) + seconds(*second) + milliseconds(fraction);
  return sum.count();
}

}  // namespace lumenflow::agent_runtime
