#include "http/web_push.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/pem.h>

#include <array>
#include <memory>
#include <utility>

#include "base/encoding.h"
#include "http/token.h"
#include "http/url.h"

namespace lumenflow::http {
namespace {

constexpr std::size_t kPointBytes = 65, kSecretBytes = 16, kSaltBytes = 16, kTagBytes = 16;
constexpr std::uint32_t kRecordBytes = 4'096;
constexpr char kLastRecord = 2;  // the delimiter behind the text of the last record

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
  void operator()(EVP_KDF* kdf) const { EVP_KDF_free(kdf); }
  void operator()(EVP_KDF_CTX* context) const { EVP_KDF_CTX_free(context); }
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;

unsigned char* data_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* data_of(std::string_view text) { return as_bytes(text).data(); }
void* unchanged(std::string_view text) { return const_cast<char*>(text.data()); }  // OSSL_PARAM takes no const

// Also empties OpenSSL's queue of this thread: what stays there would be taken for the next TLS call's own error.
Error bad_push(std::string_view why) {
  ERR_clear_error();
  return Error(ErrorCode::kInvalidInput, std::string(why));
}

Key key_of_point(std::string_view point) {
  const std::unique_ptr<EVP_PKEY_CTX, Free> context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  char group[] = "prime256v1";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, unchanged(point), point.size()),
      OSSL_PARAM_construct_end()};
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) <= 0 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, const_cast<OSSL_PARAM*>(parameters)) <= 0)
    return nullptr;
  return Key(key);
}

Key read_pem(std::string_view pem, bool is_private) {
  const std::unique_ptr<BIO, Free> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const auto no_passphrase = [](char*, int, int, void*) { return -1; };
  return Key(is_private ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr)
                        : PEM_read_bio_PUBKEY(bio.get(), nullptr, no_passphrase, nullptr));
}

Result<std::string> point_of(const Key& key) {
  std::string point(kPointBytes, '\0');
  std::size_t size = 0;
  if (!key ||
      EVP_PKEY_get_octet_string_param(key.get(), OSSL_PKEY_PARAM_PUB_KEY, data_of(point), point.size(), &size) <= 0 ||
      size != kPointBytes)
    return bad_push("the key is not a P-256 key");
  return point;
}

Result<std::string> shared_secret(const Key& own, const Key& other) {
  const std::unique_ptr<EVP_PKEY_CTX, Free> context(own ? EVP_PKEY_CTX_new(own.get(), nullptr) : nullptr);
  std::string secret(32, '\0');
  std::size_t size = secret.size();
  if (!context || EVP_PKEY_derive_init(context.get()) <= 0 ||
      EVP_PKEY_derive_set_peer(context.get(), other.get()) <= 0 ||
      EVP_PKEY_derive(context.get(), data_of(secret), &size) <= 0 || size != secret.size())
    return bad_push("the keys do not agree on a secret");
  return secret;
}

// HKDF (RFC 5869) over SHA-256.
Result<std::string> derive(std::string_view salt, std::string_view secret, std::string_view info, std::size_t bytes) {
  const std::unique_ptr<EVP_KDF, Free> kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  const std::unique_ptr<EVP_KDF_CTX, Free> context(kdf ? EVP_KDF_CTX_new(kdf.get()) : nullptr);
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, unchanged(salt), salt.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, unchanged(secret), secret.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, unchanged(info), info.size()), OSSL_PARAM_construct_end()};
  std::string out(bytes, '\0');
  if (!context || EVP_KDF_derive(context.get(), data_of(out), out.size(), parameters) <= 0)
    return bad_push("HKDF fails");
  return out;
}

// The ciphertext with its tag.
Result<std::string> encrypt(std::string_view text, std::string_view key, std::string_view nonce) {
  const std::unique_ptr<EVP_CIPHER_CTX, Free> context(EVP_CIPHER_CTX_new());
  std::string out(text.size() + kTagBytes, '\0');
  int written = 0, last = 0;
  if (!context || EVP_EncryptInit_ex(context.get(), EVP_aes_128_gcm(), nullptr, data_of(key), data_of(nonce)) <= 0 ||
      EVP_EncryptUpdate(context.get(), data_of(out), &written, data_of(text), static_cast<int>(text.size())) <= 0 ||
      EVP_EncryptFinal_ex(context.get(), data_of(out) + written, &last) <= 0 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, data_of(out) + text.size()) <= 0)
    return bad_push("AES-128-GCM fails");
  return out;
}

// As browsers write an origin: without the port that goes without saying.
std::string audience_of(const Url& url) {
  std::string origin = url.origin();
  if (url.scheme == "https" && origin.ends_with(":443")) origin.resize(origin.size() - 4);
  return origin;
}

std::string with_nul(std::string_view text) { return std::string(text) + '\0'; }

}  // namespace

Result<PushSubscription> parse_push_subscription(std::string_view endpoint, std::string_view key,
                                                 std::string_view secret) {
  LUMENFLOW_TRY_ASSIGN(const Url url, parse_url(endpoint));
  if (url.scheme != "https") return bad_push("a push endpoint is an https URL");
  const auto point = from_base64url(key), bytes = from_base64url(secret);
  if (!point || point->size() != kPointBytes || key_of_point(*point) == nullptr)
    return bad_push("p256dh is not a point of P-256 in base64url");
  if (!bytes || bytes->size() != kSecretBytes) return bad_push("auth is not 16 bytes in base64url");
  return PushSubscription{std::string(endpoint), *point, *bytes};
}

Result<std::string> encrypt_push(const PushSubscription& subscription, std::string_view message,
                                 const P256KeyPair& sender, std::string_view salt) {
  if (message.size() > kPushBytesMax)
    return bad_push("a push message has at most " + std::to_string(kPushBytesMax) + " bytes");
  if (salt.size() != kSaltBytes) return bad_push("the salt has 16 bytes");
  const Key own = read_pem(sender.private_pem, true), reader = key_of_point(subscription.key);
  if (!reader) return bad_push("the subscription's key is not a point of P-256");
  LUMENFLOW_TRY_ASSIGN(const std::string own_point, point_of(own));
  LUMENFLOW_TRY_ASSIGN(const std::string shared, shared_secret(own, reader));
  LUMENFLOW_TRY_ASSIGN(const std::string secret, derive(subscription.secret, shared,
                                                        with_nul("WebPush: info") + subscription.key + own_point, 32));
  LUMENFLOW_TRY_ASSIGN(const std::string key, derive(salt, secret, with_nul("Content-Encoding: aes128gcm"), 16));
  LUMENFLOW_TRY_ASSIGN(const std::string nonce, derive(salt, secret, with_nul("Content-Encoding: nonce"), 12));
  LUMENFLOW_TRY_ASSIGN(const std::string record, encrypt(std::string(message) + kLastRecord, key, nonce));
  std::string body(salt);
  for (int shift = 24; shift >= 0; shift -= 8) body += static_cast<char>((kRecordBytes >> shift) & 0xff);
  body += static_cast<char>(own_point.size());
  return body + own_point + record;
}

Result<std::string> push_server_key(std::string_view public_pem) {
  LUMENFLOW_TRY_ASSIGN(const std::string point, point_of(read_pem(public_pem, false)));
  return to_base64url(point);
}

Result<ClientRequest> push_request(const PushSubscription& subscription, std::string_view message,
                                   const PushOptions& options, Timestamp now, Random& random) {
  LUMENFLOW_TRY_ASSIGN(const Url url, parse_url(subscription.endpoint));
  LUMENFLOW_TRY_ASSIGN(const P256KeyPair sender, generate_p256());
  const std::array<std::uint8_t, kSaltBytes> salt = random.draw16();
  LUMENFLOW_TRY_ASSIGN(std::string body, encrypt_push(subscription, message, sender, as_chars(salt)));
  LUMENFLOW_TRY_ASSIGN(const std::string server_key, push_server_key(options.server_key.public_pem));
  LUMENFLOW_TRY_ASSIGN(const std::string token,
                       mint_push_token(audience_of(url), options.contact, now, options.server_key.private_pem));
  ClientRequest request;
  request.method = Method::kPost;
  request.path = url.path;
  request.headers = {{"Authorization", "vapid t=" + token + ", k=" + server_key},
                     {"Content-Encoding", "aes128gcm"},
                     {"Content-Type", "application/octet-stream"},
                     {"TTL", std::to_string(options.time_to_live.count())},
                     {"Urgency", options.urgent ? "high" : "normal"}};
  if (!options.topic.empty()) request.headers.emplace_back("Topic", options.topic);
  request.body = std::move(body);
  return request;
}

PushOutcome push_outcome(int status) {
  if (status >= 200 && status < 300) return PushOutcome::kTaken;
  if (status == 404 || status == 410) return PushOutcome::kGone;
  return status == 429 || status >= 500 ? PushOutcome::kRetry : PushOutcome::kRefused;
}

}  // namespace lumenflow::http
