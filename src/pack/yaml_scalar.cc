#include "pack/yaml_scalar.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace lumenflow::pack::yaml {
namespace {

bool is_yaml_digit(char c) { return c >= '0' && c <= '9'; }

bool is_any_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && is_yaml_digit(text[at])) ++at;
  return at;
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool is_float(std::string_view text) {
  std::size_t at = 0;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  const std::size_t whole_end = skip_digits(text, at);
  std::size_t digits = whole_end - at;
  at = whole_end;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction_end = skip_digits(text, at + 1);
    digits += fraction_end - (at + 1);
    at = fraction_end;
  }
  if (digits == 0) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    const std::size_t end = skip_digits(text, at);
    if (end == at) return false;
    at = end;
  }
  return at == text.size();
}

json::Value decimal(std::string_view text) {
  const bool negative = text.front() == '-';
  if (negative || text.front() == '+') text.remove_prefix(1);
  text.remove_prefix(std::min(text.find_first_not_of('0'), text.size() - 1));
  const std::string digits = (negative && text != "0" ? "-" : "") + std::string(text);
  std::int64_t small = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), small).ec == std::errc{}) return small;
  std::uint64_t large = 0;
  if (!negative && std::from_chars(digits.data(), digits.data() + digits.size(), large).ec == std::errc{}) return large;
  return json::BigInteger{digits};
}

// 0o17, 0x1F; nothing when it is neither.
std::optional<json::Value> based(std::string_view text, std::string& why) {
  const int base = text.starts_with("0o") ? 8 : text.starts_with("0x") ? 16 : 0;
  if (base == 0 || text.size() < 3) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data() + 2, text.data() + text.size(), value, base);
  if (end != text.data() + text.size()) return std::nullopt;
  if (ec != std::errc{}) why = "this number is beyond 64 bits";
  return json::Value(value);
}

std::optional<json::Value> floating(std::string_view text, std::string& why) {
  if (text.front() == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec == std::errc{} && end == text.data() + text.size() && std::isfinite(value)) return json::Value(value);
  why = "this number is beyond what a double can hold";
  return std::nullopt;
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// Over blanks and line breaks; how many breaks there were.
std::size_t skip_breaks(std::string_view text, std::size_t& at) {
  std::size_t breaks = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == '\n' || text[at] == '\r') {
      ++breaks;
      if (text.substr(at, 2) == "\r\n") ++at;
    } else if (!is_blank(text[at])) {
      break;
    }
  }
  return breaks;
}

}  // namespace

std::string unquote_single(std::string_view text, std::size_t start) {
  std::string out;
  std::size_t line_begin = 0;  // in `out`; blanks before it are not trailing ones of this line
  for (std::size_t at = start; at < text.size();) {
    const char c = text[at];
    if (c == '\n' || c == '\r') {
      while (out.size() > line_begin && is_blank(out.back())) out.pop_back();
      const std::size_t breaks = skip_breaks(text, at);
      out += breaks == 1 ? std::string(" ") : std::string(breaks - 1, '\n');
      line_begin = out.size();
      continue;
    }
    if (c == '\'' && text.substr(at, 2) != "''") break;
    out += c;
    at += c == '\'' ? 2 : 1;
  }
  return out;
}

std::optional<json::Value> resolve_plain(std::string_view text, std::string& why) {
  if (text.empty() || is_any_of(text, {"~", "null", "Null", "NULL"})) return json::Value();
  if (is_any_of(text, {"true", "True", "TRUE"})) return json::Value(true);
  if (is_any_of(text, {"false", "False", "FALSE"})) return json::Value(false);
  const char first = text.front();
  if (!is_yaml_digit(first) && first != '-' && first != '+' && first != '.') return json::Value(text);
  if (auto value = based(text, why)) return why.empty() ? value : std::nullopt;
  const std::size_t sign = first == '-' || first == '+' ? 1 : 0;
  if (text.size() > sign && skip_digits(text, sign) == text.size()) return decimal(text);
  if (is_float(text)) return floating(text, why);
  if (is_any_of(text.substr(sign), {".inf", ".Inf", ".INF"}) || is_any_of(text, {".nan", ".NaN", ".NAN"})) {
    why = "neither infinity nor NaN has a place here";
    return std::nullopt;
  }
  return json::Value(text);
}

}  // namespace lumenflow::pack::yaml
