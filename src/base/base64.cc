// Base64 by libsodium, apart from the other encodings so that those need no library.
#include <sodium.h>

#include "base/encoding.h"

namespace lumenflow {
namespace {

std::string encode_base64(std::string_view bytes, int variant) {
  std::string out(sodium_base64_encoded_len(bytes.size(), variant), '\0');
  sodium_bin2base64(out.data(), out.size(), as_bytes(bytes).data(), bytes.size(), variant);
  out.pop_back();  // the library's terminating NUL
  return out;
}

constexpr std::string_view kBase64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64UrlDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// The library checks padding and left-over bits, but takes some bytes over 0x7f for digits.
std::optional<std::string> decode_base64(std::string_view text, std::string_view digits, int variant) {
  const std::size_t padding = text.find_last_not_of('=') + 1;
  if (text.substr(0, padding).find_first_not_of(digits) != std::string_view::npos) return std::nullopt;
  std::string out(text.size() / 4 * 3 + 3, '\0');
  std::size_t size = 0;
  const char* end = nullptr;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(), text.size(), nullptr,
                        &size, &end, variant) != 0 ||
      end != text.data() + text.size())
    return std::nullopt;
  out.resize(size);
  return out;
}

}  // namespace

std::string to_base64(std::string_view bytes) { return encode_base64(bytes, sodium_base64_VARIANT_ORIGINAL); }
std::string to_base64url(std::string_view bytes) {
  return encode_base64(bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}
std::optional<std::string> from_base64(std::string_view text) {
  return decode_base64(text, kBase64Digits, sodium_base64_VARIANT_ORIGINAL);
}
std::optional<std::string> from_base64url(std::string_view text) {
  return decode_base64(text, kBase64UrlDigits, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

}  // namespace lumenflow
