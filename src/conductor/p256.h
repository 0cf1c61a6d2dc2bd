// P-256 public keys in the forms that others send them in. Pure functions, by OpenSSL.
#pragma once

#include <string>
#include <string_view>

#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::conductor {

// The uncompressed point (SEC 1, 2.3.3): 0x04, x, y; 65 bytes. INVALID_INPUT for what is no P-256 key.
Result<std::string> p256_point(std::string_view public_pem);
Result<std::string> p256_pem_of_point(std::string_view point);
// A key as SubjectPublicKeyInfo in PEM or its base64, or as a JSON Web Key: as PEM. INVALID_INPUT.
Result<std::string> p256_pem_of(const json::Value& key);
// ECDH with another's point (SEC 1, 3.3.1): the shared x, 32 bytes. INVALID_INPUT.
Result<std::string> p256_shared_secret(std::string_view private_pem, std::string_view peer_point);

}  // namespace lumenflow::conductor
