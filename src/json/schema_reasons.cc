#include "json/schema_reasons.h"

#include <array>

#include "json/number.h"
#include "json/schema_program.h"

namespace lumenflow::json {
namespace {

constexpr std::size_t kValuesShownMax = 8;
constexpr std::size_t kValueBytesMax = 80;

std::string_view kind_name(const Value& value) {
  switch (value.kind()) {
    case Kind::kNull:
      return "null";
    case Kind::kBoolean:
      return "a boolean";
    case Kind::kString:
      return "a string";
    case Kind::kArray:
      return "an array";
    case Kind::kObject:
      return "an object";
    default:
      return is_integral(value) ? "an integer" : "a fraction";
  }
}

std::string shown(const Value& value) {
  std::string text = serialize(value);
  if (text.size() <= kValueBytesMax) return text;
  std::size_t end = kValueBytesMax;
  while ((static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // not within a character
  return text.substr(0, end) + "…";
}

}  // namespace

std::string reason_for_type(std::uint8_t allowed, const Value& value) {
  struct Name {
    std::uint8_t bit;
    std::string_view name;
  };
  constexpr std::array kNames = std::to_array<Name>({{kObjectBit, "an object"},
                                                     {kArrayBit, "an array"},
                                                     {kStringBit, "a string"},
                                                     {kNumberBit, "a number"},
                                                     {kIntegerBit, "an integer"},
                                                     {kBooleanBit, "a boolean"},
                                                     {kNullBit, "null"}});
  std::string out;
  for (const Name& name : kNames) {
    if ((allowed & name.bit) == 0 || (name.bit == kIntegerBit && (allowed & kNumberBit) != 0)) continue;
    out.append(out.empty() ? "must be " : " or ").append(name.name);
  }
  return out + ", not " + std::string(kind_name(value));
}

std::string reason_for_choice(const std::vector<Value>& values) {
  if (values.empty()) return "is not allowed: `enum` is empty";
  if (values.size() == 1) return "must be " + shown(values[0]);
  std::string out = "must be one of ";
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i == kValuesShownMax) return out + " or " + std::to_string(values.size() - i) + " more";
    out.append(i == 0 ? "" : ", ").append(shown(values[i]));
  }
  return out;
}

std::string reason_for_size(bool at_least, std::size_t limit, std::string_view noun) {
  std::string out = at_least ? "must have at least " : "must have at most ";
  out += std::to_string(limit) + " ";
  if (limit == 1) return out.append(noun);
  return noun == "property" ? out + "properties" : out.append(noun).append("s");
}

}  // namespace lumenflow::json
