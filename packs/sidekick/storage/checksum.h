// CRC-32 for lines of the log, SHA-256 for whole documents.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lumenflow::sidekick {

std::uint32_t crc32_of(std::string_view bytes);  // ISO 3309, as in zlib
std::string crc32_hex(std::string_view bytes);   // 8 lower-case digits
std::string sha256_hex_of(std::string_view bytes);

}  // namespace lumenflow::sidekick
