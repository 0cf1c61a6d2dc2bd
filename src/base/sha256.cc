#include "base/sha256.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.h"
#include "base/encoding.h"

namespace lumenflow {

struct Sha256::State {
  EVP_MD* digest = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() {
    EVP_MD_CTX_free(context);
    EVP_MD_free(digest);
  }
};

Sha256::Sha256() : state_(std::make_unique<State>()) { LUMENFLOW_CHECK(state_->digest && state_->context); }
Sha256::~Sha256() = default;

Hash256 Sha256::operator()(std::string_view data) { return (*this)({data}); }

Hash256 Sha256::operator()(std::initializer_list<std::string_view> parts) {
  Hash256 out;
  bool ok = EVP_DigestInit_ex2(state_->context, state_->digest, nullptr) == 1;
  for (const std::string_view part : parts) ok = ok && EVP_DigestUpdate(state_->context, part.data(), part.size()) == 1;
  ok = ok && EVP_DigestFinal_ex(state_->context, out.data(), nullptr) == 1;
  LUMENFLOW_CHECK(ok);
  return out;
}

namespace {
Sha256& hasher_of_this_thread() {
  thread_local Sha256 hasher;
  return hasher;
}
}  // namespace

Hash256 sha256(std::string_view data) { return hasher_of_this_thread()(data); }
Hash256 sha256(std::initializer_list<std::string_view> parts) { return hasher_of_this_thread()(parts); }
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
