// Laws that hold for any value, not only for the examples one thinks of.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <bit>
#include <cmath>

#include "json/canonical.h"
#include "json/number.h"

namespace lumenflow::json {
namespace {

// UTF-8 text of random code points, surrogates left out, with a liking for what needs an escape.
rc::Gen<std::string> text_generator() {
  const auto code_point =
      rc::gen::oneOf(rc::gen::inRange<std::uint32_t>(0, 0x80), rc::gen::inRange<std::uint32_t>(0, 0xd800),
                     rc::gen::inRange<std::uint32_t>(0xe000, 0x110000));
  return rc::gen::map(rc::gen::container<std::vector<std::uint32_t>>(code_point), [](const auto& points) {
    std::string out;
    for (const std::uint32_t c : points) {
      if (c < 0x80) {
        out += static_cast<char>(c);
      } else if (c < 0x800) {
        out += static_cast<char>(0xc0 | c >> 6);
        out += static_cast<char>(0x80 | (c & 63));
      } else {
        if (c >= 0x10000) out += static_cast<char>(0xf0 | c >> 18);
        out += static_cast<char>(c >= 0x10000 ? 0x80 | (c >> 12 & 63) : 0xe0 | c >> 12);
        out += static_cast<char>(0x80 | (c >> 6 & 63));
        out += static_cast<char>(0x80 | (c & 63));
      }
    }
    return out;
  });
}

rc::Gen<double> double_generator() {
  return rc::gen::map(rc::gen::suchThat(rc::gen::noShrink(rc::gen::arbitrary<std::uint64_t>()),
                                        [](std::uint64_t bits) { return std::isfinite(std::bit_cast<double>(bits)); }),
                      [](std::uint64_t bits) { return std::bit_cast<double>(bits); });
}

rc::Gen<Value> value_generator(int depth) {
  const rc::Gen<Value> leaf = rc::gen::oneOf(
      rc::gen::just(Value()), rc::gen::map(rc::gen::arbitrary<bool>(), [](bool b) { return Value(b); }),
      rc::gen::map(rc::gen::inRange<std::int64_t>(-1000000, 1000000), [](std::int64_t i) { return Value(i); }),
      rc::gen::map(rc::gen::noShrink(rc::gen::arbitrary<std::uint64_t>()), [](std::uint64_t i) { return Value(i); }),
      rc::gen::map(double_generator(), [](double d) { return Value(d); }),
      rc::gen::map(text_generator(), [](std::string s) { return Value(std::move(s)); }));
  if (depth == 0) return leaf;
  const rc::Gen<Value> child = value_generator(depth - 1);
  const rc::Gen<Value> array = rc::gen::map(rc::gen::container<std::vector<Value>>(child),
                                            [](std::vector<Value> items) { return Value(std::move(items)); });
  const rc::Gen<Value> object = rc::gen::map(
      rc::gen::container<std::vector<std::pair<std::string, Value>>>(rc::gen::pair(text_generator(), child)),
      [](std::vector<std::pair<std::string, Value>> members) {
        Object result;
        for (auto& [key, value] : members) result.set(key, std::move(value));
        return Value(std::move(result));
      });
  return rc::gen::oneOf(leaf, array, object);
}

TEST(Property, ParsingWhatWasSerializedGivesTheValue) {
  EXPECT_TRUE(rc::check([] {
    const Value value = *value_generator(2).as("value");
    RC_ASSERT(parse(serialize(value)).value() == value);
    RC_ASSERT(parse(serialize_pretty(value)).value() == value);
  }));
}

TEST(Property, EqualValuesHashAlike) {
  EXPECT_TRUE(rc::check([] {
    const Value value = *value_generator(2).as("value");
    RC_ASSERT(hash_value(parse(serialize(value)).value()) == hash_value(value));
  }));
}

TEST(Property, CanonicalTextIsAFixpointOfParsing) {
  EXPECT_TRUE(rc::check([] {
    const Value value = *value_generator(2).as("value");
    const Result<std::string> text = canonical(value);
    RC_PRE(text.ok());
    RC_ASSERT(canonical(parse(*text).value()).value() == *text);
  }));
}

TEST(Property, EveryDoubleRoundTripsBitForBit) {
  EXPECT_TRUE(rc::check([] {
    const double value = *double_generator().as("double");
    const auto bits = std::bit_cast<std::uint64_t>(value);
    RC_ASSERT(std::bit_cast<std::uint64_t>(parse(serialize(Value(value))).value().as_double()) == bits);
    RC_PRE(value != 0);
    RC_ASSERT(std::bit_cast<std::uint64_t>(parse(canonical(Value(value)).value()).value().as_double()) == bits);
  }));
}

TEST(Property, AnIntegerIsCanonicalExactlyWhenADoublePrintsItsDigits) {
  EXPECT_TRUE(rc::check([] {
    const auto integer = *rc::gen::noShrink(rc::gen::arbitrary<std::int64_t>()).as("integer");
    const auto shift = *rc::gen::inRange(0, 63).as("shift");
    const std::int64_t scaled = integer >> shift;
    NumberBuffer buffer;
    const std::string_view printed = ecmascript_text(static_cast<double>(scaled), buffer);
    RC_ASSERT(canonical(Value(scaled)).ok() == (printed == std::to_string(scaled)));
  }));
}

}  // namespace
}  // namespace lumenflow::json
