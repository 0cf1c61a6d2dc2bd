#include "conductor/web_push.h"

#include <openssl/evp.h>

#include <memory>

#include "base/encoding.h"
#include "base/sha256.h"
#include "base/signing.h"
#include "conductor/p256.h"
#include "lumenflow/json.h"

namespace lumenflow::conductor {
namespace {

constexpr std::size_t kTagBytes = 16, kKeyBytes = 16, kNonceBytes = 12, kSaltBytes = 16;
constexpr std::uint32_t kRecordBytes = 4096;
constexpr char kLastRecord = 2;  // RFC 8188 2: the delimiter of the last record

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

// HKDF (RFC 5869) with SHA-256, of one block of output at most.
std::string hkdf(std::string_view salt, std::string_view secret, std::string info, std::size_t bytes) {
  const Hash256 key = hmac_sha256(salt, secret);
  info += '\x01';
  const Hash256 block = hmac_sha256(as_chars(key), info);
  return std::string(as_chars(block).substr(0, bytes));
}

Result<std::string> seal_gcm(std::string_view key, std::string_view nonce, std::string_view plaintext) {
  const std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> context(EVP_CIPHER_CTX_new());
  std::string out(plaintext.size() + kTagBytes, '\0');
  auto* bytes = reinterpret_cast<unsigned char*>(out.data());
  int written = 0, last = 0;
  const bool done = context &&
                    EVP_EncryptInit_ex(context.get(), EVP_aes_128_gcm(), nullptr, as_bytes(key).data(),
                                       as_bytes(nonce).data()) == 1 &&
                    EVP_EncryptUpdate(context.get(), bytes, &written, as_bytes(plaintext).data(),
                                      static_cast<int>(plaintext.size())) == 1 &&
                    EVP_EncryptFinal_ex(context.get(), bytes + written, &last) == 1 &&
                    EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, bytes + plaintext.size()) == 1;
  if (!done) return Error(ErrorCode::kInternal, "AES-128-GCM failed");
  return out;
}

}  // namespace

Result<std::string> encrypt_push(std::string_view plaintext, const PushKeys& keys, std::string_view sender_private_pem,
                                 std::string_view salt) {
  if (plaintext.size() > kPushPlaintextMax || salt.size() != kSaltBytes || keys.auth.size() != 16)
    return Error(ErrorCode::kInvalidInput, "a push message is too long, or its keys are malformed");
  LUMENFLOW_TRY_ASSIGN(const std::string sender_pem, p256_public_from_private(sender_private_pem));
  LUMENFLOW_TRY_ASSIGN(const std::string sender, p256_point(sender_pem));
  LUMENFLOW_TRY_ASSIGN(const std::string shared, p256_shared_secret(sender_private_pem, keys.receiver_point));
  const std::string key_info = std::string("WebPush: info") + '\0' + keys.receiver_point + sender;  // RFC 8291 3.4
  const std::string secret = hkdf(keys.auth, shared, key_info, 32);
  const std::string key = hkdf(salt, secret, std::string("Content-Encoding: aes128gcm") + '\0', kKeyBytes);
  const std::string nonce = hkdf(salt, secret, std::string("Content-Encoding: nonce") + '\0', kNonceBytes);
  LUMENFLOW_TRY_ASSIGN(const std::string sealed, seal_gcm(key, nonce, std::string(plaintext) + kLastRecord));
  std::string body(salt);  // RFC 8188 2.1: salt, record size, the sender's key as its id
  for (int shift = 24; shift >= 0; shift -= 8) body += static_cast<char>(kRecordBytes >> shift & 0xff);
  body += static_cast<char>(sender.size());
  return body + sender + sealed;
}

Result<std::string> vapid_header(const TokenKey& key, std::string_view origin, std::string_view contact,
                                 Timestamp now) {
  const json::Object header{{"typ", "JWT"}, {"alg", "ES256"}};
  const json::Object claims{{"aud", origin}, {"exp", now.ms / 1000 + 12 * 3600}, {"sub", contact}};
  const std::string text = to_base64url(json::serialize(header)) + "." + to_base64url(json::serialize(claims));
  LUMENFLOW_TRY_ASSIGN(const std::string signature, p256_sign(text, key.private_pem));
  LUMENFLOW_TRY_ASSIGN(const std::string point, p256_point(key.public_pem));
  return "vapid t=" + text + "." + to_base64url(signature) + ", k=" + to_base64url(point);
}

}  // namespace lumenflow::conductor
