#include "base/signing.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/pem.h>
#include <sodium.h>

#include <memory>

#include "base/check.h"
#include "base/encoding.h"
#include "base/sha256.h"

namespace lumenflow {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(BIO* bio) const { BIO_free_all(bio); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Bio = std::unique_ptr<BIO, Free>;
using Context = std::unique_ptr<EVP_MD_CTX, Free>;
using Signature = std::unique_ptr<ECDSA_SIG, Free>;

constexpr int kCoordinateBytes = 32;

const unsigned char* data_of(std::string_view text) { return as_bytes(text).data(); }
unsigned char* data_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

Bio reader(std::string_view text) { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

std::string contents(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

// Also empties OpenSSL's queue of this thread: what stays there would be taken for the next TLS call's own error.
Error bad_key(std::string_view what) {
  ERR_clear_error();
  return Error(ErrorCode::kInvalidConfiguration, std::string(what));
}

constexpr std::size_t kPassphraseBytesMax = PEM_BUFSIZE;  // what OpenSSL takes when it reads one

// `user` is the passphrase. An empty one refuses: without a callback OpenSSL would ask on the terminal.
int give_passphrase(char* buffer, int size, int /*for_writing*/, void* user) {
  const auto& passphrase = *static_cast<const std::string_view*>(user);
  if (passphrase.empty() || passphrase.size() > static_cast<std::size_t>(size)) return -1;
  passphrase.copy(buffer, passphrase.size());
  return static_cast<int>(passphrase.size());
}

bool is_p256(const Key& key) {
  char group[32] = "";
  return EVP_PKEY_get_group_name(key.get(), group, sizeof group, nullptr) == 1 &&
         std::string_view(group) == SN_X9_62_prime256v1;
}

Result<Key> read_private(std::string_view pem, std::string_view passphrase) {
  const Bio bio = reader(pem);
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, give_passphrase, &passphrase));
  if (!key && passphrase.empty()) return bad_key("not an unencrypted PKCS #8 private key in PEM");
  if (!key) return bad_key("wrong passphrase, or not a private key");
  if (!is_p256(key)) return bad_key("not a P-256 key");
  return key;
}

Result<Key> read_public(std::string_view pem) {
  const Bio bio = reader(pem);
  std::string_view no_passphrase;
  Key key(PEM_read_bio_PUBKEY(bio.get(), nullptr, give_passphrase, &no_passphrase));
  if (!key) return bad_key("not a public key in PEM");
  if (!is_p256(key)) return bad_key("not a P-256 public key");
  return key;
}

Result<std::string> write_private(const Key& key, std::string_view passphrase) {
  const Bio bio(BIO_new(BIO_s_mem()));
  const int ok = PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), passphrase.empty() ? nullptr : EVP_aes_256_cbc(),
                                               passphrase.empty() ? nullptr : passphrase.data(),
                                               static_cast<int>(passphrase.size()), nullptr, nullptr);
  if (ok != 1) return Error(ErrorCode::kInternal, "writing a private key");
  return contents(bio);
}

Result<std::string> write_public(const Key& key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PUBKEY(bio.get(), key.get()) != 1) return Error(ErrorCode::kInternal, "writing a public key");
  return contents(bio);
}

Status check_passphrase(std::string_view passphrase) {
  if (passphrase.empty()) return Error(ErrorCode::kInvalidInput, "the passphrase is empty");
  if (passphrase.size() > kPassphraseBytesMax)
    return Error(ErrorCode::kInvalidInput, "the passphrase is over " + std::to_string(kPassphraseBytesMax) + " bytes");
  return {};
}

Result<std::string> coordinate(const Key& key, const char* name) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key.get(), name, &number) != 1) return bad_key("not a P-256 public key");
  std::string bytes(32, '\0');
  const int written = BN_bn2binpad(number, data_of(bytes), 32);
  BN_free(number);
  if (written != 32) return bad_key("not a P-256 public key");
  return to_base64url(bytes);
}

}  // namespace

Ed25519KeyPair generate_ed25519() {
  LUMENFLOW_CHECK(sodium_init() >= 0);
  std::string seed(crypto_sign_SEEDBYTES, '\0');
  randombytes_buf(seed.data(), seed.size());
  return ed25519_from_seed(seed);
}

Ed25519KeyPair ed25519_from_seed(std::string_view seed) {
  LUMENFLOW_CHECK(seed.size() == crypto_sign_SEEDBYTES && sodium_init() >= 0);
  Ed25519KeyPair pair{std::string(crypto_sign_PUBLICKEYBYTES, '\0'), std::string(crypto_sign_SECRETKEYBYTES, '\0')};
  crypto_sign_seed_keypair(data_of(pair.public_key), data_of(pair.secret_key), data_of(seed));
  return pair;
}

std::string ed25519_sign(std::string_view message, const Ed25519KeyPair& key) {
  LUMENFLOW_CHECK(key.secret_key.size() == crypto_sign_SECRETKEYBYTES);
  std::string signature(crypto_sign_BYTES, '\0');
  crypto_sign_detached(data_of(signature), nullptr, data_of(message), message.size(),
                       data_of(std::string_view(key.secret_key)));
  return signature;
}

bool ed25519_verify(std::string_view message, std::string_view signature, std::string_view public_key) {
  return signature.size() == crypto_sign_BYTES && public_key.size() == crypto_sign_PUBLICKEYBYTES &&
         crypto_sign_verify_detached(data_of(signature), data_of(message), message.size(), data_of(public_key)) == 0;
}

Result<P256KeyPair> generate_p256() {
  const Key key(EVP_EC_gen("P-256"));
  if (!key) return Error(ErrorCode::kInternal, "generating a P-256 key");
  P256KeyPair pair;
  LUMENFLOW_TRY_ASSIGN(pair.public_pem, write_public(key));
  LUMENFLOW_TRY_ASSIGN(pair.private_pem, write_private(key, {}));
  return pair;
}

Result<std::string> p256_public_from_private(std::string_view private_pem) {
  LUMENFLOW_TRY_ASSIGN(const Key key, read_private(private_pem, {}));
  return write_public(key);
}

Result<std::string> encrypt_private_pem(std::string_view private_pem, std::string_view passphrase) {
  LUMENFLOW_TRY(check_passphrase(passphrase));
  LUMENFLOW_TRY_ASSIGN(const Key key, read_private(private_pem, {}));
  return write_private(key, passphrase);
}

Result<std::string> decrypt_private_pem(std::string_view encrypted_pem, std::string_view passphrase) {
  LUMENFLOW_TRY(check_passphrase(passphrase));
  if (!is_encrypted_pem(encrypted_pem)) return bad_key("not an encrypted private key in PEM");
  LUMENFLOW_TRY_ASSIGN(const Key key, read_private(encrypted_pem, passphrase));
  return write_private(key, {});
}

bool is_encrypted_pem(std::string_view pem) {
  return pem.find("BEGIN ENCRYPTED PRIVATE KEY") != std::string_view::npos;
}

Result<std::string> p256_sign(std::string_view message, std::string_view private_pem) {
  LUMENFLOW_TRY_ASSIGN(const Key key, read_private(private_pem, {}));
  const Context context(EVP_MD_CTX_new());
  std::string der(128, '\0');
  std::size_t size = der.size();
  if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), data_of(der), &size, data_of(message), message.size()) != 1)
    return bad_key("signing with a P-256 key");
  const unsigned char* at = data_of(der);
  const Signature pair(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)));
  std::string out(2 * kCoordinateBytes, '\0');
  if (!pair || BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), data_of(out), kCoordinateBytes) != kCoordinateBytes ||
      BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), data_of(out) + kCoordinateBytes, kCoordinateBytes) != kCoordinateBytes)
    return bad_key("signing with a P-256 key");
  return out;
}

bool p256_verify(std::string_view message, std::string_view signature, std::string_view public_pem) {
  const Result<Key> key = read_public(public_pem);
  if (!key.ok() || signature.size() != 2 * kCoordinateBytes) return false;
  const Signature pair(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(data_of(signature), kCoordinateBytes, nullptr);
  BIGNUM* s = BN_bin2bn(data_of(signature) + kCoordinateBytes, kCoordinateBytes, nullptr);
  LUMENFLOW_CHECK(pair && r != nullptr && s != nullptr && ECDSA_SIG_set0(pair.get(), r, s) == 1);  // takes both over
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &der);
  const Context context(EVP_MD_CTX_new());
  const bool holds =
      size > 0 && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key->get()) == 1 &&
      EVP_DigestVerify(context.get(), der, static_cast<std::size_t>(size), data_of(message), message.size()) == 1;
  OPENSSL_free(der);
  ERR_clear_error();  // see bad_key
  return holds;
}

Result<std::string> p256_thumbprint(std::string_view public_pem) {
  LUMENFLOW_TRY_ASSIGN(const Key key, read_public(public_pem));
  LUMENFLOW_TRY_ASSIGN(const std::string x, coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X));
  LUMENFLOW_TRY_ASSIGN(const std::string y, coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y));
  const Hash256 hash = sha256(R"({"crv":"P-256","kty":"EC","x":")" + x + R"(","y":")" + y + R"("})");
  return to_base64url(as_chars(hash));
}

}  // namespace lumenflow
