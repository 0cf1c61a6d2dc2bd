#include "base/ulid.h"

#include <cstring>

#include "base/encoding.h"

namespace lumenflow {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void put_time(Timestamp time, std::array<std::uint8_t, 16>& bytes) {
  const auto ms = static_cast<std::uint64_t>(time.ms < 0 ? 0 : time.ms);
  for (int i = 0; i < 6; ++i) bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
}

}  // namespace

std::string Ulid::str() const {
  // 128 bits in 26 digits of 5: two zero bits stand in front.
  std::string out(26, '0');
  unsigned accumulator = 0;
  int bits = 2;
  std::size_t at = 0;
  for (const std::uint8_t byte : bytes) {
    accumulator = accumulator << 8 | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out[at++] = kAlphabet[accumulator >> bits & 31];
    }
  }
  return out;
}

Ulid make_ulid(Timestamp time, const std::array<std::uint8_t, 16>& entropy) {
  Ulid ulid;
  put_time(time, ulid.bytes);
  std::memcpy(ulid.bytes.data() + 6, entropy.data(), 10);
  return ulid;
}

Ulid next_ulid(const Ulid& ulid) {
  Ulid next = ulid;
  for (std::size_t i = next.bytes.size(); i-- > 0;)
    if (++next.bytes[i] != 0) break;
  return next;
}

std::optional<Ulid> parse_ulid(std::string_view text) {
  if (text.size() != 26 || text[0] > '7') return std::nullopt;
  Ulid ulid;
  unsigned accumulator = 0;
  int bits = -2;
  std::size_t at = 0;
  for (char c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    const std::size_t digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    accumulator = (accumulator << 5 | static_cast<unsigned>(digit)) & 0xffff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      ulid.bytes[at++] = static_cast<std::uint8_t>(accumulator >> bits);
    }
  }
  return ulid;
}

std::string make_uuid_v7(Timestamp time, const std::array<std::uint8_t, 16>& entropy) {
  std::array<std::uint8_t, 16> bytes{};
  put_time(time, bytes);
  std::memcpy(bytes.data() + 6, entropy.data(), 10);
  bytes[6] = static_cast<std::uint8_t>(0x70 | (bytes[6] & 0x0f));
  bytes[8] = static_cast<std::uint8_t>(0x80 | (bytes[8] & 0x3f));
  std::string hex = to_hex(bytes);
  for (const std::size_t at : {8u, 13u, 18u, 23u}) hex.insert(at, 1, '-');
  return hex;
}

}  // namespace lumenflow
