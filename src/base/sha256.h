// SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104), by OpenSSL.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace lumenflow {

using Hash256 = std::array<std::uint8_t, 32>;

Hash256 sha256(std::string_view data);
Hash256 sha256(std::initializer_list<std::string_view> parts);
std::string sha256_hex(std::string_view data);

Hash256 hmac_sha256(std::string_view key, std::string_view data);

}  // namespace lumenflow
