// Hexadecimal, base64 (RFC 4648) and percent-decoding (RFC 3986).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lumenflow {

std::string to_hex(std::span<const std::uint8_t> bytes);           // lower case
std::optional<std::string> from_hex(std::string_view text);        // either case
std::string to_base64(std::string_view bytes);                     // padded
std::string to_base64url(std::string_view bytes);                  // unpadded
std::optional<std::string> from_base64(std::string_view text);     // padded, strict
std::optional<std::string> from_base64url(std::string_view text);  // unpadded, strict
std::optional<std::string> percent_decode(std::string_view text);  // nothing for a bad escape
bool is_valid_utf8(std::string_view text);                         // no overlong forms, no surrogates
// The longest beginning of a valid UTF-8 text that has at most this many bytes and ends with a whole character.
std::string_view clip_utf8(std::string_view text, std::size_t bytes_max);

inline std::span<const std::uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_chars(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace lumenflow
