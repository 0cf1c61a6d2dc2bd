#include "json/schema_format.h"

#include <algorithm>
#include <array>

#include "json/schema.h"
#include "json/schema_pattern.h"
#include "json/uri.h"

namespace lumenflow::json {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alphanumeric(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// Takes exactly `count` digits off the front; -1 when they are not there.
int take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return -1;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_digit(text[i])) return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

bool take_date(std::string_view& text) {
  constexpr std::array kDays = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const int year = take_digits(text, 4);
  if (year < 0 || !take(text, '-')) return false;
  const int month = take_digits(text, 2);
  if (month < 1 || month > 12 || !take(text, '-')) return false;
  const int day = take_digits(text, 2);
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  if (month == 2 && day == 29 && !leap) return false;
  return day >= 1 && day <= kDays[static_cast<std::size_t>(month - 1)];
}

// RFC 3339 full-time; a leap second only where UTC has them, at 23:59:60.
bool take_time(std::string_view& text) {
  const int hour = take_digits(text, 2);
  if (hour < 0 || hour > 23 || !take(text, ':')) return false;
  const int minute = take_digits(text, 2);
  if (minute < 0 || minute > 59 || !take(text, ':')) return false;
  const int second = take_digits(text, 2);
  if (second < 0 || second > 60) return false;
  if (take(text, '.')) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    if (digits == 0) return false;
    text.remove_prefix(digits);
  }
  int offset_minutes = 0;
  if (!take(text, 'Z') && !take(text, 'z')) {
    const bool east = text.starts_with('+');
    if (!take(text, east ? '+' : '-')) return false;
    const int offset_hour = take_digits(text, 2);
    if (offset_hour < 0 || offset_hour > 23 || !take(text, ':')) return false;
    const int offset_minute = take_digits(text, 2);
    if (offset_minute < 0 || offset_minute > 59) return false;
    offset_minutes = (offset_hour * 60 + offset_minute) * (east ? 1 : -1);
  }
  const int utc_minute = ((hour * 60 + minute - offset_minutes) % 1440 + 1440) % 1440;
  return second < 60 || utc_minute == 1439;
}

bool is_date(std::string_view text) { return take_date(text) && text.empty(); }
bool is_time(std::string_view text) { return take_time(text) && text.empty(); }
bool is_date_time(std::string_view text) {
  return take_date(text) && (take(text, 'T') || take(text, 't')) && take_time(text) && text.empty();
}

// RFC 1123: labels of letters, digits and inner hyphens, at most 63 each and 253 in all.
bool is_hostname(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  while (true) {
    const std::string_view label = text.substr(0, text.find('.'));
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    if (!std::all_of(label.begin(), label.end(), [](char c) { return is_alphanumeric(c) || c == '-'; })) return false;
    if (label.size() == text.size()) return true;
    text.remove_prefix(label.size() + 1);
  }
}

bool is_atom_character(char c) {
  return is_alphanumeric(c) || (c != '\0' && std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos);
}

// RFC 5321, 4.1.2: a dot-string or a quoted string of at most 64 bytes.
bool is_mailbox_name(std::string_view text) {
  if (text.empty() || text.size() > 64) return false;
  if (text.front() == '"') {
    if (text.size() < 2 || text.back() != '"') return false;
    text = text.substr(1, text.size() - 2);
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '"' || text[i] < 0x20 || text[i] == 0x7f) return false;
      if (text[i] == '\\' && ++i == text.size()) return false;
    }
    return true;
  }
  if (text.front() == '.' || text.back() == '.' || text.find("..") != std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c == '.' || is_atom_character(c); });
}

bool is_email(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || !is_mailbox_name(text.substr(0, at))) return false;
  std::string_view domain = text.substr(at + 1);
  if (!domain.starts_with('[')) return is_hostname(domain);
  if (!domain.ends_with(']')) return false;
  domain = domain.substr(1, domain.size() - 2);
  return domain.starts_with("IPv6:") ? is_ipv6(domain.substr(5)) : is_ipv4(domain);
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

// RFC 6901, section 3.
bool is_json_pointer(std::string_view text) {
  if (!text.empty() && text.front() != '/') return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '~' && (i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1'))) return false;
  return true;
}

struct Row {
  std::string_view name;
  bool (*matches)(std::string_view);
  std::string_view description;
};

// In the order of the enumeration.
constexpr std::array kFormats = std::to_array<Row>({
    {"date-time", is_date_time, "a date-time such as 2026-03-01T12:00:00Z (RFC 3339)"},
    {"date", is_date, "a date such as 2026-03-01 (RFC 3339)"},
    {"time", is_time, "a time such as 12:00:00Z (RFC 3339)"},
    {"email", is_email, "an e-mail address (RFC 5321)"},
    {"hostname", is_hostname, "a host name (RFC 1123)"},
    {"ipv4", is_ipv4, "an IPv4 address"},
    {"ipv6", is_ipv6, "an IPv6 address (RFC 4291)"},
    {"uri", is_uri, "an absolute URI (RFC 3986)"},
    {"uuid", is_uuid, "a UUID (RFC 4122)"},
    {"regex", [](std::string_view text) { return Pattern::compile(text).ok(); }, "a regular expression (ECMA-262)"},
    {"json-pointer", is_json_pointer, "a JSON pointer (RFC 6901)"},
});

}  // namespace

std::optional<Format> format_named(std::string_view name) {
  for (std::size_t i = 0; i < kFormats.size(); ++i)
    if (kFormats[i].name == name) return static_cast<Format>(i);
  return std::nullopt;
}

bool matches(Format format, std::string_view text) { return kFormats[static_cast<std::size_t>(format)].matches(text); }

std::string_view describe(Format format) { return kFormats[static_cast<std::size_t>(format)].description; }

bool matches_format(std::string_view format, std::string_view text) {
  const std::optional<Format> known = format_named(format);
  return !known || matches(*known, text);
}

}  // namespace lumenflow::json
