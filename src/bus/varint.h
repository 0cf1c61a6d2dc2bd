// Unsigned numbers in as few bytes as they need: seven bits a byte, the lowest first (LEB128). One form for each
// number.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lumenflow::bus {

inline void append_varint(std::uint64_t value, std::string& out) {
  char bytes[10];
  std::size_t size = 0;
  for (; value >= 0x80; value >>= 7) bytes[size++] = static_cast<char>(0x80 | (value & 0x7F));
  bytes[size++] = static_cast<char>(value);
  out.append(bytes, size);
}

// How many bytes it took; 0 where they are none, too many, or more than it needs.
inline std::size_t read_varint(std::string_view bytes, std::uint64_t& out) {
  out = 0;
  for (std::size_t i = 0; i < bytes.size() && i < 10; ++i) {
    const auto byte = static_cast<std::uint8_t>(bytes[i]);
    if (i == 9 && byte > 1) return 0;
    out |= static_cast<std::uint64_t>(byte & 0x7F) << (7 * i);
    if (byte < 0x80) return byte == 0 && i > 0 ? 0 : i + 1;
  }
  return 0;
}

}  // namespace lumenflow::bus
