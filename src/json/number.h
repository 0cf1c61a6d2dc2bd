// Numbers as mathematics sees them, whichever of the four kinds holds them: order, equality, hash, and the text that
// ECMAScript prints (ECMA-262 Number::toString).
//
// Pure functions. "A number" below means a value for which is_number() holds.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <string_view>

#include "lumenflow/json.h"

namespace lumenflow::json {

std::partial_ordering compare_numbers(const Value& a, const Value& b);  // exact; unordered only for NaN
bool is_integral(const Value& number);                                  // 1, 1.0 and 1e3 are
bool is_multiple_of(const Value& number, const Value& divisor);         // exact, of the decimals as written

// Equal numbers have equal hashes, of whatever kinds they are; likewise equal values.
std::size_t hash_number(const Value& number);
std::size_t hash_value(const Value& value);

// The shortest digits that read back as the same bits, laid out as ECMAScript does; "-0" as "0". `value` is finite.
using NumberBuffer = std::array<char, 32>;
std::string_view ecmascript_text(double value, NumberBuffer& buffer);  // within the buffer

// Whether ECMAScript, reading the integer and printing it again, arrives at the same digits.
bool has_ecmascript_form(const Value& integer);

}  // namespace lumenflow::json
