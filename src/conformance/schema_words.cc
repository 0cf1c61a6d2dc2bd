#include "conformance/schema_words.h"

#include <algorithm>
#include <array>
#include <utility>

namespace lumenflow::conformance {
namespace {

constexpr std::array<std::string_view, 3> kDateTimes{"2026-03-01T12:00:00Z", "2026-03-01T23:59:59.999+02:00",
                                                     "1999-12-31T00:00:00-08:00"};
constexpr std::array<std::string_view, 2> kDates{"2026-03-01", "2024-02-29"};
constexpr std::array<std::string_view, 2> kTimes{"12:00:00Z", "23:59:59.5+01:00"};
constexpr std::array<std::string_view, 2> kEmails{"ana@example.com", "a.b+c@mail.example.org"};
constexpr std::array<std::string_view, 2> kHosts{"example.com", "a.b-c.example.org"};
constexpr std::array<std::string_view, 2> kIpv4{"192.0.2.1", "198.51.100.254"};
constexpr std::array<std::string_view, 2> kIpv6{"2001:db8::1", "::1"};
constexpr std::array<std::string_view, 2> kUris{"https://example.com/a?b=c#d", "urn:example:thing"};
constexpr std::array<std::string_view, 2> kUuids{"123e4567-e89b-12d3-a456-426614174000",
                                                 "018f4f5e-7d1a-7c3b-9f2e-0a1b2c3d4e5f"};
constexpr std::array<std::string_view, 2> kPatterns{"^a+$", "[0-9]{2,3}"};
constexpr std::array<std::string_view, 2> kPointers{"", "/a/0/b~1c"};

using FormatTexts = std::pair<std::string_view, std::span<const std::string_view>>;
const std::array<FormatTexts, 12> kFormats{{{"date-time", kDateTimes},
                                            {"date", kDates},
                                            {"time", kTimes},
                                            {"email", kEmails},
                                            {"hostname", kHosts},
                                            {"ipv4", kIpv4},
                                            {"ipv6", kIpv6},
                                            {"uri", kUris},
                                            {"uri-reference", kUris},
                                            {"uuid", kUuids},
                                            {"regex", kPatterns},
                                            {"json-pointer", kPointers}}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 17> kTelling{{{"properties", "object"},
                                                                                  {"required", "object"},
                                                                                  {"additionalProperties", "object"},
                                                                                  {"minProperties", "object"},
                                                                                  {"patternProperties", "object"},
                                                                                  {"items", "array"},
                                                                                  {"prefixItems", "array"},
                                                                                  {"minItems", "array"},
                                                                                  {"uniqueItems", "array"},
                                                                                  {"minLength", "string"},
                                                                                  {"maxLength", "string"},
                                                                                  {"pattern", "string"},
                                                                                  {"format", "string"},
                                                                                  {"minimum", "number"},
                                                                                  {"maximum", "number"},
                                                                                  {"exclusiveMinimum", "number"},
                                                                                  {"multipleOf", "number"}}};

}  // namespace

const json::Array* list_at(const json::Value& schema, std::string_view word) {
  const json::Value* value = schema.find(word);
  return value == nullptr ? nullptr : value->if_array();
}

const json::Object* map_at(const json::Value& schema, std::string_view word) {
  const json::Value* value = schema.find(word);
  return value == nullptr ? nullptr : value->if_object();
}

bool lists(const json::Value& schema, std::string_view word, const json::Value& item) {
  const json::Array* list = list_at(schema, word);
  return list != nullptr && std::ranges::find(*list, item) != list->end();
}

std::uint64_t count_at(const json::Value& schema, std::string_view word, std::uint64_t fallback) {
  const std::int64_t count = json::integer_or(schema, word, -1);
  return count < 0 ? fallback : static_cast<std::uint64_t>(count);
}

std::string_view type_of_schema(const json::Value& schema) {
  if (const json::Value* type = schema.find("type")) {
    if (const std::string* one = type->if_string()) return *one;
    if (const json::Array* several = type->if_array(); several != nullptr && !several->empty())
      if (const std::string* first = several->front().if_string()) return *first;
  }
  for (const auto& [word, type] : kTelling)
    if (schema.find(word) != nullptr) return type;
  return {};
}

std::string_view type_of_value(const json::Value& value) {
  if (value.is_null()) return "null";
  if (value.is_boolean()) return "boolean";
  if (value.is_string()) return "string";
  if (value.is_array()) return "array";
  if (value.is_object()) return "object";
  return value.kind() == json::Kind::kDouble ? "number" : "integer";
}

bool allows_type(const json::Value& schema, std::string_view type) {
  const json::Value* written = schema.find("type");
  if (written == nullptr) return true;
  const auto is = [type](const json::Value& one) {
    return one == json::Value(type) || (type == "integer" && one == json::Value("number"));
  };
  const json::Array* several = written->if_array();
  return several == nullptr ? is(*written) : std::ranges::any_of(*several, is);
}

std::span<const std::string_view> texts_of_format(std::string_view format) {
  const auto found = std::ranges::find(kFormats, format, &FormatTexts::first);
  return found == kFormats.end() ? std::span<const std::string_view>() : found->second;
}

}  // namespace lumenflow::conformance
