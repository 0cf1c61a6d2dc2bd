#include "json/number.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/check.h"

namespace lumenflow::json {
namespace {

constexpr double kTwoTo63 = 9223372036854775808.0;
constexpr double kTwoTo64 = 18446744073709551616.0;
constexpr std::int64_t kExactIntegerMax = std::int64_t{1} << 53;  // up to here every integer is a double

// Sign and digits of a number's integral part, for comparison beyond 64 bits.
struct IntegralPart {
  bool negative = false;
  std::string digits;  // without leading zeros; empty is zero
  bool has_fraction = false;
};

IntegralPart split_literal(std::string_view literal) {
  IntegralPart part;
  part.negative = literal.starts_with('-');
  literal.remove_prefix(part.negative ? 1 : 0);
  literal.remove_prefix(std::min(literal.find_first_not_of('0'), literal.size()));
  part.digits = literal;
  return part;
}

IntegralPart integral_part(const Value& number) {
  if (const BigInteger* big = number.if_big_integer()) return split_literal(big->digits);
  if (const std::int64_t* integer = number.if_integer()) return split_literal(std::to_string(*integer));
  if (const std::uint64_t* integer = number.if_unsigned()) return split_literal(std::to_string(*integer));
  char buffer[400];
  const double value = *number.if_double();
  const double whole = std::trunc(value);
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, whole, std::chars_format::fixed, 0);
  IntegralPart part = split_literal({buffer, static_cast<std::size_t>(end.ptr - buffer)});
  part.negative = std::signbit(value);
  part.has_fraction = whole != value;
  return part;
}

std::partial_ordering compare_big(const Value& a, const Value& b) {
  const IntegralPart left = integral_part(a), right = integral_part(b);
  const bool left_zero = left.digits.empty() && !left.has_fraction;
  const bool right_zero = right.digits.empty() && !right.has_fraction;
  if (left_zero && right_zero) return std::partial_ordering::equivalent;
  if (left.negative != right.negative)
    return left.negative ? std::partial_ordering::less : std::partial_ordering::greater;
  std::strong_ordering magnitude = left.digits.size() <=> right.digits.size();
  if (magnitude == 0) magnitude = left.digits.compare(right.digits) <=> 0;
  if (magnitude == 0) magnitude = left.has_fraction <=> right.has_fraction;
  return left.negative ? 0 <=> magnitude : magnitude;
}

template <class Integer>
std::partial_ordering compare_with_double(Integer integer, double value) {
  constexpr double kLowest = std::is_signed_v<Integer> ? -kTwoTo63 : 0;
  constexpr double kBeyond = std::is_signed_v<Integer> ? kTwoTo63 : kTwoTo64;
  if (value >= kBeyond) return std::partial_ordering::less;
  if (value < kLowest) return std::partial_ordering::greater;
  if (std::isnan(value)) return std::partial_ordering::unordered;
  const Integer whole = static_cast<Integer>(value);
  if (integer != whole) return integer <=> whole;
  return 0.0 <=> value - static_cast<double>(whole);
}

std::partial_ordering reverse(std::partial_ordering order) { return 0 <=> order; }

// Decimal: mantissa * 10^exponent, sign dropped. A double is taken as the shortest decimal that reads back as it.
struct Decimal {
  std::string digits;
  std::int64_t exponent = 0;
};

Decimal decimal_of(const Value& number) {
  Decimal decimal;
  if (const double* value = number.if_double()) {
    char buffer[40];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, std::fabs(*value), std::chars_format::scientific);
    const std::string_view text(buffer, static_cast<std::size_t>(end.ptr - buffer));
    const std::size_t e = text.find('e');
    const std::string_view exponent = text.substr(e + (text[e + 1] == '+' ? 2 : 1));
    std::from_chars(exponent.data(), exponent.data() + exponent.size(), decimal.exponent);
    for (const char c : text.substr(0, e))
      if (c != '.') decimal.digits += c;
    decimal.exponent -= static_cast<std::int64_t>(decimal.digits.size()) - 1;
  } else {
    decimal.digits = integral_part(number).digits;
  }
  while (decimal.digits.size() > 1 && decimal.digits.back() == '0') {
    decimal.digits.pop_back();
    ++decimal.exponent;
  }
  return decimal;
}

std::uint64_t digits_modulo(std::string_view digits, std::uint64_t modulus) {
  unsigned __int128 rest = 0;
  for (const char c : digits) rest = (rest * 10 + static_cast<unsigned>(c - '0')) % modulus;
  return static_cast<std::uint64_t>(rest);
}

std::uint64_t power_of_ten_modulo(std::int64_t exponent, std::uint64_t modulus) {
  unsigned __int128 result = 1 % modulus, base = 10 % modulus;
  for (; exponent > 0; exponent >>= 1) {
    if (exponent & 1) result = result * base % modulus;
    base = base * base % modulus;
  }
  return static_cast<std::uint64_t>(result);
}

std::size_t mix(std::uint64_t x) {  // splitmix64's finaliser
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

}  // namespace

std::partial_ordering compare_numbers(const Value& a, const Value& b) {
  if (a.if_big_integer() || b.if_big_integer()) return compare_big(a, b);
  if (const std::int64_t* left = a.if_integer()) {
    if (const std::int64_t* right = b.if_integer()) return *left <=> *right;
    if (const std::uint64_t* right = b.if_unsigned())
      return *left < 0 ? std::strong_ordering::less : static_cast<std::uint64_t>(*left) <=> *right;
    return compare_with_double(*left, *b.if_double());
  }
  if (b.if_integer()) return reverse(compare_numbers(b, a));
  if (const std::uint64_t* left = a.if_unsigned()) {
    if (const std::uint64_t* right = b.if_unsigned()) return *left <=> *right;
    return compare_with_double(*left, *b.if_double());
  }
  if (b.if_unsigned()) return reverse(compare_numbers(b, a));
  return *a.if_double() <=> *b.if_double();
}

bool is_integral(const Value& number) {
  const double* value = number.if_double();
  return value == nullptr || std::trunc(*value) == *value;
}

bool is_multiple_of(const Value& number, const Value& divisor) {
  const std::int64_t* a = number.if_integer();
  const std::int64_t* b = divisor.if_integer();
  if (a != nullptr && b != nullptr && *b > 0) return *a % *b == 0;

  Decimal dividend = decimal_of(number);
  const Decimal unit = decimal_of(divisor);
  if (dividend.digits.empty() || dividend.digits == "0") return true;
  std::uint64_t modulus = 0;
  const char* end = unit.digits.data() + unit.digits.size();
  if (const auto [ptr, error] = std::from_chars(unit.digits.data(), end, modulus); error != std::errc() || modulus == 0)
    return compare_numbers(number, divisor) == 0;  // compiled schemas have no such divisor
  // dividend.digits * 10^shift must be a multiple of modulus; its trailing zeros are in the exponent already, so
  // a negative shift can only be met by factors of ten that it does not have.
  const std::int64_t shift = dividend.exponent - unit.exponent;
  if (shift < 0) return false;
  const unsigned __int128 rest = digits_modulo(dividend.digits, modulus);
  return rest * power_of_ten_modulo(shift, modulus) % modulus == 0;
}

std::size_t hash_number(const Value& number) {
  if (const std::int64_t* integer = number.if_integer()) return mix(static_cast<std::uint64_t>(*integer));
  if (const std::uint64_t* integer = number.if_unsigned()) return mix(*integer);
  if (const double* value = number.if_double()) {
    if (std::trunc(*value) != *value) return mix(std::bit_cast<std::uint64_t>(*value));
    if (*value >= -kTwoTo63 && *value < kTwoTo63)
      return mix(static_cast<std::uint64_t>(static_cast<std::int64_t>(*value)));
    if (*value > 0 && *value < kTwoTo64) return mix(static_cast<std::uint64_t>(*value));
  }
  return std::hash<std::string>{}(integral_part(number).digits);
}

std::size_t hash_value(const Value& value) {
  switch (value.kind()) {
    case Kind::kNull:
      return 1;
    case Kind::kBoolean:
      return *value.if_boolean() ? 2 : 3;
    case Kind::kString:
      return std::hash<std::string>{}(*value.if_string());
    case Kind::kArray: {
      std::size_t hash = 5;
      for (const Value& item : *value.if_array()) hash = mix(hash ^ hash_value(item));
      return hash;
    }
    case Kind::kObject: {
      std::size_t hash = 7;  // a sum: the order of members does not count
      for (const Member& member : *value.if_object())
        hash += mix(std::hash<std::string>{}(member.key) ^ mix(hash_value(member.value)));
      return hash;
    }
    default:
      return hash_number(value);
  }
}

std::string_view ecmascript_text(double value, NumberBuffer& buffer) {
  LUMENFLOW_CHECK(std::isfinite(value));
  char* out = buffer.data();
  const auto finish = [&buffer](const char* end) {
    return std::string_view(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  };
  if (std::fabs(value) < static_cast<double>(kExactIntegerMax) && std::trunc(value) == value)
    return finish(std::to_chars(out, out + buffer.size(), static_cast<std::int64_t>(value)).ptr);

  char scientific[32];
  const auto written = std::to_chars(scientific, scientific + sizeof scientific, value, std::chars_format::scientific);
  const char* digit = scientific;
  if (*digit == '-') *out++ = *digit++;
  char digits[20];
  int count = 0;
  for (; *digit != 'e'; ++digit)
    if (*digit != '.') digits[count++] = *digit;
  int exponent = 0;
  std::from_chars(digit + (digit[1] == '+' ? 2 : 1), written.ptr, exponent);

  const auto copy = [&out, &digits](int from, int to) { out = std::copy(digits + from, digits + to, out); };
  const int point = exponent + 1;  // ECMA-262 calls it n, and count k
  if (point > 21 || point <= -6) {
    copy(0, 1);
    if (count > 1) *out++ = '.';
    copy(1, count);
    *out++ = 'e';
    *out++ = exponent < 0 ? '-' : '+';
    out = std::to_chars(out, buffer.data() + buffer.size(), std::abs(exponent)).ptr;
  } else if (point <= 0) {
    *out++ = '0';
    *out++ = '.';
    out = std::fill_n(out, -point, '0');
    copy(0, count);
  } else if (count <= point) {
    copy(0, count);
    out = std::fill_n(out, point - count, '0');
  } else {
    copy(0, point);
    *out++ = '.';
    copy(point, count);
  }
  return finish(out);
}

bool has_ecmascript_form(const Value& integer) {
  const std::int64_t* small = integer.if_integer();
  if (small != nullptr && *small >= -kExactIntegerMax && *small <= kExactIntegerMax) return true;
  const double nearest = integer.as_double();
  if (!std::isfinite(nearest)) return false;
  NumberBuffer buffer;
  const std::string_view printed = ecmascript_text(nearest, buffer);
  if (small != nullptr) return printed == std::to_string(*small);
  if (const std::uint64_t* value = integer.if_unsigned()) return printed == std::to_string(*value);
  return printed == integer.if_big_integer()->digits;
}

}  // namespace lumenflow::json
