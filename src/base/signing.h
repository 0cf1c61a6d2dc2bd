// Ed25519 (RFC 8032, libsodium) for checkpoints and P-256 (OpenSSL) for tokens and operators' decisions.
#pragma once

#include <string>
#include <string_view>

#include "lumenflow/result.h"

namespace lumenflow {

struct Ed25519KeyPair {
  std::string public_key;  // 32 bytes
  std::string secret_key;  // 64 bytes: seed and public key
};

Ed25519KeyPair generate_ed25519();
Ed25519KeyPair ed25519_from_seed(std::string_view seed_32_bytes);               // aborts on another length
std::string ed25519_sign(std::string_view message, const Ed25519KeyPair& key);  // 64 bytes
bool ed25519_verify(std::string_view message, std::string_view signature, std::string_view public_key);

// PEM texts: SubjectPublicKeyInfo and PKCS #8 (unencrypted).
struct P256KeyPair {
  std::string public_pem;
  std::string private_pem;
};

Result<P256KeyPair> generate_p256();
Result<std::string> p256_public_from_private(std::string_view private_pem);
// The same private key under a passphrase (PKCS #8, AES-256-CBC, PBKDF2), and back. INVALID_INPUT for a passphrase
// that is empty or over 1,024 bytes; INVALID_CONFIGURATION for a wrong one, or what is not such a key.
Result<std::string> encrypt_private_pem(std::string_view private_pem, std::string_view passphrase);
Result<std::string> decrypt_private_pem(std::string_view encrypted_pem, std::string_view passphrase);
bool is_encrypted_pem(std::string_view pem);
// JSON Web Key thumbprint (RFC 7638) of a P-256 public key, base64url: the `kid` of tokens.
Result<std::string> p256_thumbprint(std::string_view public_pem);

// ECDSA over SHA-256 (ES256): 64 bytes, r and s as WebCrypto and JOSE write them. INVALID_CONFIGURATION for what is no
// unencrypted P-256 key; verifying answers false for whatever does not hold, a key that is none included.
Result<std::string> p256_sign(std::string_view message, std::string_view private_pem);
bool p256_verify(std::string_view message, std::string_view signature, std::string_view public_pem);

}  // namespace lumenflow
