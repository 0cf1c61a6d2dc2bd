// The values of `format` that are checked when a schema asserts them; every other name stays an annotation.
//
// Pure functions, linear in the text.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace lumenflow::json {

enum class Format : std::uint8_t {
  kDateTime,
  kDate,
  kTime,
  kEmail,
  kHostname,
  kIpv4,
  kIpv6,
  kUri,
  kUuid,
  kRegex,
  kJsonPointer,
};

std::optional<Format> format_named(std::string_view name);
bool matches(Format format, std::string_view text);
std::string_view describe(Format format);  // "a date-time (RFC 3339)"

}  // namespace lumenflow::json
