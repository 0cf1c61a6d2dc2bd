#include "conductor/keys.h"

#include <utility>

#include "base/encoding.h"
#include "base/random.h"
#include "conductor/p256.h"

namespace lumenflow::conductor {
namespace {

constexpr std::uint32_t kMode = 0600;
constexpr std::size_t kKeyBytesMax = 64 * 1024;

Status check_private(const Files& files, const std::string& path) {
  LUMENFLOW_TRY_ASSIGN(const auto found, files.stat(path));
  if (!found || (found->mode & 077) == 0) return {};
  return Error(ErrorCode::kInvalidConfiguration, path + " can be read or changed by others; run: chmod 600 " + path);
}

// What stands at `path`; made by `make` when nothing does.
template <class Make>
Result<std::string> read_or_make(Files& files, const std::string& path, const Make& make) {
  LUMENFLOW_TRY(check_private(files, path));
  Result<std::string> there = files.read(path, kKeyBytesMax);
  if (there.ok() || there.error().code() != ErrorCode::kNotFound) return there;
  LUMENFLOW_TRY_ASSIGN(std::string made, make());
  LUMENFLOW_TRY(files.write_atomic(path, made, kMode));
  return made;
}

Result<std::string> make_secret() {
  SystemRandom random;
  std::string bytes(32, '\0');
  random.fill({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
  return bytes;
}

Result<std::string> make_pem() {
  LUMENFLOW_TRY_ASSIGN(P256KeyPair pair, generate_p256());
  return std::move(pair.private_pem);
}

Result<TokenKey> token_key_of(std::string private_pem) {
  TokenKey key;
  LUMENFLOW_TRY_ASSIGN(key.public_pem, p256_public_from_private(private_pem));
  LUMENFLOW_TRY_ASSIGN(key.id, p256_thumbprint(key.public_pem));
  key.private_pem = std::move(private_pem);
  return key;
}

Result<std::string> read_secret(Files& files, const std::string& folder, const std::string& name) {
  LUMENFLOW_TRY_ASSIGN(std::string secret, read_or_make(files, join_path(folder, name), make_secret));
  if (secret.size() != 32) return Error(ErrorCode::kInvalidConfiguration, join_path(folder, name) + " is not 32 bytes");
  return secret;
}

std::string token_file(std::size_t index) {
  return index == 0 ? "token.pem" : "token-" + std::to_string(index) + ".pem";
}

}  // namespace

Result<ConductorKeys> open_keys(Files& files, const std::string& folder) {
  LUMENFLOW_TRY(files.make_directories(folder, 0700));
  ConductorKeys keys;
  for (std::size_t i = 0; i < kTokenKeysMax; ++i) {
    const std::string path = join_path(folder, token_file(i));
    LUMENFLOW_TRY_ASSIGN(const auto there, files.stat(path));
    if (i > 0 && !there) break;
    LUMENFLOW_TRY_ASSIGN(std::string pem, read_or_make(files, path, make_pem));
    LUMENFLOW_TRY_ASSIGN(TokenKey key, token_key_of(std::move(pem)));
    keys.token.push_back(std::move(key));
  }
  LUMENFLOW_TRY_ASSIGN(const std::string log, read_secret(files, folder, "log.seed"));
  LUMENFLOW_TRY_ASSIGN(const std::string witness, read_secret(files, folder, "witness.seed"));
  LUMENFLOW_TRY_ASSIGN(keys.seal, read_secret(files, folder, "seal.key"));
  LUMENFLOW_TRY_ASSIGN(std::string push, read_or_make(files, join_path(folder, "push.pem"), make_pem));
  LUMENFLOW_TRY_ASSIGN(keys.push, token_key_of(std::move(push)));
  keys.log = ed25519_from_seed(log);
  keys.witness = ed25519_from_seed(witness);
  return keys;
}

Status rotate_token_key(Files& files, const std::string& folder, ConductorKeys& keys) {
  LUMENFLOW_TRY_ASSIGN(std::string pem, make_pem());
  LUMENFLOW_TRY_ASSIGN(TokenKey key, token_key_of(std::move(pem)));
  std::vector<TokenKey> rotated = keys.token;
  rotated.insert(rotated.begin(), std::move(key));
  if (rotated.size() > kTokenKeysMax) rotated.resize(kTokenKeysMax);
  // From the oldest on: where this is cut off, one is there twice and none that signs is lost.
  for (std::size_t i = rotated.size(); i-- > 0;)
    LUMENFLOW_TRY(files.write_atomic(join_path(folder, token_file(i)), rotated[i].private_pem, kMode));
  keys.token = std::move(rotated);  // nothing is signed with what is not kept
  return {};
}

Result<json::Value> jwks_of(const ConductorKeys& keys) {
  json::Array set;
  for (const TokenKey& key : keys.token) {
    LUMENFLOW_TRY_ASSIGN(const std::string point, p256_point(key.public_pem));
    set.push_back(json::Object{{"kty", "EC"},
                               {"crv", "P-256"},
                               {"alg", "ES256"},
                               {"use", "sig"},
                               {"kid", key.id},
                               {"x", to_base64url(std::string_view(point).substr(1, 32))},
                               {"y", to_base64url(std::string_view(point).substr(33, 32))}});
  }
  return json::Value(json::Object{{"keys", std::move(set)}});
}

}  // namespace lumenflow::conductor
