#include "base/sealing.h"

#include <sodium.h>

#include "base/check.h"
#include "base/encoding.h"

namespace lumenflow {
namespace {

unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace

std::string seal(std::string_view text, std::string_view key, Random& random) {
  LUMENFLOW_CHECK(key.size() == crypto_secretbox_KEYBYTES && sodium_init() >= 0);
  std::string out(crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + text.size(), '\0');
  random.fill({bytes(out), crypto_secretbox_NONCEBYTES});
  LUMENFLOW_CHECK(crypto_secretbox_easy(bytes(out) + crypto_secretbox_NONCEBYTES, as_bytes(text).data(), text.size(),
                                        bytes(out), as_bytes(key).data()) == 0);
  return to_base64(out);
}

Result<std::string> unseal(std::string_view sealed, std::string_view key) {
  LUMENFLOW_CHECK(key.size() == crypto_secretbox_KEYBYTES && sodium_init() >= 0);
  constexpr std::size_t kOverhead = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
  const std::optional<std::string> box = from_base64(sealed);
  if (!box || box->size() < kOverhead) return Error(ErrorCode::kInvalidInput, "not a sealed value");
  std::string text(box->size() - kOverhead, '\0');
  const unsigned char* nonce = as_bytes(*box).data();
  if (crypto_secretbox_open_easy(bytes(text), nonce + crypto_secretbox_NONCEBYTES,
                                 box->size() - crypto_secretbox_NONCEBYTES, nonce, as_bytes(key).data()) != 0)
    return Error(ErrorCode::kInvalidInput, "sealed with another key, or changed since");
  return text;
}

}  // namespace lumenflow
