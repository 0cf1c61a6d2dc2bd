#include "base/passphrase.h"

#include <sodium.h>

#include <array>

#include "base/check.h"
#include "base/random.h"

namespace lumenflow {
namespace {

Result<std::string> hash(std::string_view text) {
  if (sodium_init() < 0) return Error(ErrorCode::kInternal, "libsodium does not start");
  std::array<char, crypto_pwhash_STRBYTES> out{};
  if (crypto_pwhash_str_alg(out.data(), text.data(), text.size(), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                            crypto_pwhash_MEMLIMIT_INTERACTIVE, crypto_pwhash_ALG_ARGON2ID13) != 0)
    return Error(ErrorCode::kInternal, "there is no memory for Argon2id");
  return std::string(out.data());
}

}  // namespace

Result<std::string> hash_passphrase(std::string_view passphrase) {
  if (passphrase.size() < kPassphraseBytesMin || passphrase.size() > kPassphraseBytesMax)
    return Error(ErrorCode::kInvalidInput, "a passphrase has from " + std::to_string(kPassphraseBytesMin) + " to " +
                                               std::to_string(kPassphraseBytesMax) + " bytes");
  return hash(passphrase);
}

bool verify_passphrase(std::string_view passphrase, const std::string& kept) {
  if (passphrase.size() > kPassphraseBytesMax || sodium_init() < 0) return false;
  return crypto_pwhash_str_verify(kept.c_str(), passphrase.data(), passphrase.size()) == 0;
}

const std::string& hash_of_nothing() {
  static const std::string kHash = [] {
    std::array<std::uint8_t, 32> noise{};
    SystemRandom().fill(noise);
    Result<std::string> made = hash({reinterpret_cast<const char*>(noise.data()), noise.size()});
    LUMENFLOW_CHECK(made.ok());
    return *std::move(made);
  }();
  return kHash;
}

}  // namespace lumenflow
