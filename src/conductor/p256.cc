#include "conductor/p256.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

#include "base/encoding.h"
#include "base/signing.h"

namespace lumenflow::conductor {
namespace {

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, FreeKey>;
using Bio = std::unique_ptr<BIO, FreeKey>;

constexpr std::size_t kPointBytes = 65;

Error no_key() { return Error(ErrorCode::kInvalidInput, "not a P-256 key"); }

Key read_public(std::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return bio ? Key(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr)) : nullptr;
}

Key read_private(std::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return bio ? Key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr)) : nullptr;
}

bool is_p256(const Key& key) {
  char group[32] = {};
  std::size_t size = 0;
  return key != nullptr && EVP_PKEY_get_group_name(key.get(), group, sizeof group, &size) == 1 &&
         std::string_view(group) == "prime256v1";
}

Result<std::string> pem_of(const Key& key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (!is_p256(key) || !bio || PEM_write_bio_PUBKEY(bio.get(), key.get()) != 1) return no_key();
  const char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), const_cast<char**>(&text));
  return std::string(text, static_cast<std::size_t>(size));
}

Key key_of_point(std::string_view point) {
  const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "prime256v1"));
  if (key == nullptr) return nullptr;
  // A copy of the parameters with the other's point: OpenSSL checks that it is on the curve.
  Key other(EVP_PKEY_new());
  if (!other || EVP_PKEY_copy_parameters(other.get(), key.get()) != 1 ||
      EVP_PKEY_set1_encoded_public_key(other.get(), reinterpret_cast<const unsigned char*>(point.data()),
                                       point.size()) != 1)
    return nullptr;
  return other;
}

}  // namespace

Result<std::string> p256_point(std::string_view public_pem) {
  const Key key = read_public(public_pem);
  if (!is_p256(key)) return no_key();
  unsigned char* bytes = nullptr;
  const std::size_t size = EVP_PKEY_get1_encoded_public_key(key.get(), &bytes);
  const std::string point(reinterpret_cast<const char*>(bytes), size);
  OPENSSL_free(bytes);
  if (point.size() != kPointBytes || point[0] != 4) return no_key();
  return point;
}

Result<std::string> p256_pem_of_point(std::string_view point) {
  if (point.size() != kPointBytes || point[0] != 4) return no_key();
  return pem_of(key_of_point(point));
}

Result<std::string> p256_pem_of(const json::Value& key) {
  if (const std::string* text = key.if_string()) {
    if (text->starts_with("-----")) return pem_of(read_public(*text));
    const auto der = from_base64(*text);
    if (!der) return no_key();
    const auto* bytes = reinterpret_cast<const unsigned char*>(der->data());
    return pem_of(Key(d2i_PUBKEY(nullptr, &bytes, static_cast<long>(der->size()))));
  }
  const auto x = from_base64url(json::string_or(key, "x", "")), y = from_base64url(json::string_or(key, "y", ""));
  if (json::string_or(key, "kty", "") != "EC" || json::string_or(key, "crv", "") != "P-256" || !x || !y ||
      x->size() != 32 || y->size() != 32)
    return no_key();
  return p256_pem_of_point("\x04" + *x + *y);
}

Result<std::string> p256_shared_secret(std::string_view private_pem, std::string_view peer_point) {
  const Key own = read_private(private_pem);
  if (!is_p256(own) || peer_point.size() != kPointBytes || peer_point[0] != 4) return no_key();
  const Key peer = key_of_point(peer_point);
  const KeyContext context(EVP_PKEY_CTX_new(own.get(), nullptr));
  std::string secret(32, '\0');
  std::size_t size = secret.size();
  if (!peer || !context || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer(context.get(), peer.get()) != 1 ||
      EVP_PKEY_derive(context.get(), reinterpret_cast<unsigned char*>(secret.data()), &size) != 1 || size != 32)
    return no_key();
  return secret;
}

}  // namespace lumenflow::conductor
