#include "sidekick/storage/checksum.h"

#include <openssl/sha.h>
#include <zlib.h>

namespace lumenflow::sidekick {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

}  // namespace

std::uint32_t crc32_of(std::string_view bytes) {
  return static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::string crc32_hex(std::string_view bytes) {
  std::uint32_t crc = crc32_of(bytes);
  std::string hex(8, '0');
  for (std::size_t i = 8; i-- > 0; crc >>= 4) hex[i] = kDigits[crc & 15];
  return hex;
}

std::string sha256_hex_of(std::string_view bytes) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  ::SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  std::string hex;
  for (const unsigned char byte : digest) hex.append(1, kDigits[byte >> 4]).append(1, kDigits[byte & 15]);
  return hex;
}

}  // namespace lumenflow::sidekick
