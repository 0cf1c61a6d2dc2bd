// ULID (github.com/ulid/spec): 48 bits of milliseconds and 80 bits of randomness in Crockford's base 32; and
// UUID version 7 (RFC 9562). Both sort by time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace lumenflow {

struct Ulid {
  std::array<std::uint8_t, 16> bytes{};  // big endian: time first
  auto operator<=>(const Ulid&) const = default;
  std::string str() const;  // 26 upper-case characters
};

// From a time and ten random bytes (the first ten of `entropy`).
Ulid make_ulid(Timestamp time, const std::array<std::uint8_t, 16>& entropy);
// The next greater ULID: how ids stay in order within one millisecond.
Ulid next_ulid(const Ulid& ulid);
std::optional<Ulid> parse_ulid(std::string_view text);  // 26 characters of either case

// "018f…-7…" lower-case.
std::string make_uuid_v7(Timestamp time, const std::array<std::uint8_t, 16>& entropy);

}  // namespace lumenflow
