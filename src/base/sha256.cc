// OpenSSL 3 deprecates the digest without its EVP layer, which makes and clears a context on the heap for every hash:
// some 50 ns of the 120 that a tree node takes. A call hashes ten times.
#define OPENSSL_API_COMPAT 0x10100000L

#include "base/sha256.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "base/check.h"
#include "base/encoding.h"

namespace lumenflow {

Hash256 sha256(std::string_view data) { return sha256({data}); }

Hash256 sha256(std::initializer_list<std::string_view> parts) {
  SHA256_CTX context;
  bool ok = SHA256_Init(&context) == 1;
  for (const std::string_view part : parts) ok = ok && SHA256_Update(&context, part.data(), part.size()) == 1;
  Hash256 out;
  ok = ok && SHA256_Final(out.data(), &context) == 1;
  LUMENFLOW_CHECK(ok);
  return out;
}

std::string sha256_hex(std::string_view data) { return to_hex(sha256(data)); }

Hash256 hmac_sha256(std::string_view key, std::string_view data) {
  Hash256 out;
  unsigned size = 0;
  const unsigned char* done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), as_bytes(data).data(),
                                   data.size(), out.data(), &size);
  LUMENFLOW_CHECK(done != nullptr && size == out.size());
  return out;
}

}  // namespace lumenflow
