#include "sidecar/keys.h"

#include "base/encoding.h"
#include "base/random.h"

namespace lumenflow::sidecar {
namespace {

constexpr std::uint32_t kSecretMode = 0600;
constexpr std::uint32_t kPublicMode = 0644;

Status create_unless_there(Files& files, const std::string& path, std::string_view content, std::uint32_t mode) {
  Status status = files.create(path, content, mode);
  if (!status.ok() && status.error().code() == ErrorCode::kAlreadyExists) return {};
  return status;
}

Result<bool> exists(const Files& files, const std::string& path) {
  LUMENFLOW_TRY_ASSIGN(const auto found, files.stat(path));
  return found.has_value();
}

// The public half of a key that is there. A locked one needs its passphrase.
Result<std::string> public_half(const Files& files, const std::string& private_path, const std::string& passphrase) {
  LUMENFLOW_TRY_ASSIGN(std::string pem, files.read(private_path, 64u << 10));
  if (is_encrypted_pem(pem)) {
    if (passphrase.empty())
      return Error(ErrorCode::kInvalidConfiguration,
                   private_path +
                       " is there and locked, its public half is missing; give the passphrase with "
                       "--passphrase-file, or restore the .pub.pem from a backup");
    LUMENFLOW_TRY_ASSIGN(pem, decrypt_private_pem(pem, passphrase));
  }
  return p256_public_from_private(pem);
}

// The private half first: a crash in between leaves a key whose public half is made again.
Status create_p256(Files& files, const std::string& folder, const std::string& name, const std::string& passphrase) {
  const std::string private_path = join_path(folder, name + ".pem"), public_path = join_path(folder, name + ".pub.pem");
  LUMENFLOW_TRY_ASSIGN(const bool has_public, exists(files, public_path));
  if (has_public) return {};
  LUMENFLOW_TRY_ASSIGN(const bool has_private, exists(files, private_path));
  if (has_private) {
    LUMENFLOW_TRY_ASSIGN(const std::string public_pem, public_half(files, private_path, passphrase));
    return files.write_atomic(public_path, public_pem, kPublicMode);
  }
  LUMENFLOW_TRY_ASSIGN(const P256KeyPair pair, generate_p256());
  std::string private_pem = pair.private_pem;
  if (!passphrase.empty()) {
    LUMENFLOW_TRY_ASSIGN(private_pem, encrypt_private_pem(pair.private_pem, passphrase));
  }
  LUMENFLOW_TRY(files.write_atomic(private_path, private_pem, kSecretMode));
  return files.write_atomic(public_path, pair.public_pem, kPublicMode);
}

std::string random_bytes(std::size_t size) {
  SystemRandom random;
  std::string bytes(size, '\0');
  random.fill({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
  return bytes;
}

// A private key that others can read or replace is none.
Status check_private(const Files& files, const std::string& path) {
  LUMENFLOW_TRY_ASSIGN(const auto found, files.stat(path));
  if (!found || (found->mode & 077) == 0) return {};
  return Error(ErrorCode::kInvalidConfiguration, path + " can be read or changed by others; run: chmod 600 " + path);
}

Result<std::string> read_key(const Files& files, const std::string& folder, const std::string& name) {
  if (!name.ends_with(".pub.pem")) LUMENFLOW_TRY(check_private(files, join_path(folder, name)));
  Result<std::string> content = files.read(join_path(folder, name), 64 * 1024);
  if (!content.ok() && content.error().code() == ErrorCode::kNotFound)
    return Error(ErrorCode::kInvalidConfiguration, "the workspace has no key " + name + "; run `lumenflow init` in it");
  return content;
}

}  // namespace

Status create_keys(Files& files, const std::string& folder, const std::string& operator_passphrase) {
  LUMENFLOW_TRY(files.make_directories(folder, 0700));
  LUMENFLOW_TRY(create_p256(files, folder, "token", {}));
  LUMENFLOW_TRY(create_p256(files, folder, "operator", operator_passphrase));
  LUMENFLOW_TRY(create_unless_there(files, join_path(folder, "log.seed"), random_bytes(32), kSecretMode));
  LUMENFLOW_TRY(create_unless_there(files, join_path(folder, "redaction.key"), random_bytes(32), kSecretMode));
  LUMENFLOW_TRY_ASSIGN(const std::string seed, read_key(files, folder, "log.seed"));
  if (seed.size() != 32) return Error(ErrorCode::kInvalidConfiguration, "keys/log.seed is not 32 bytes");
  return files.write_atomic(join_path(folder, "log.pub"), to_base64(ed25519_from_seed(seed).public_key) + "\n",
                            kPublicMode);
}

Result<bool> encrypt_operator_key(Files& files, const std::string& folder, const std::string& passphrase) {
  const std::string path = join_path(folder, "operator.pem");
  LUMENFLOW_TRY_ASSIGN(const bool there, exists(files, path));
  if (!there) return false;
  LUMENFLOW_TRY_ASSIGN(const std::string pem, read_key(files, folder, "operator.pem"));
  if (is_encrypted_pem(pem)) return false;
  LUMENFLOW_TRY_ASSIGN(const std::string locked, encrypt_private_pem(pem, passphrase));
  LUMENFLOW_TRY(files.write_atomic(path, locked, kSecretMode));
  return true;
}

Result<bool> operator_key_is_open(const Files& files, const std::string& folder) {
  LUMENFLOW_TRY_ASSIGN(const bool there, exists(files, join_path(folder, "operator.pem")));
  if (!there) return false;
  LUMENFLOW_TRY_ASSIGN(const std::string pem, read_key(files, folder, "operator.pem"));
  return !is_encrypted_pem(pem);
}

Status require_passphrase(const Files& files, const std::string& folder) {
  LUMENFLOW_TRY_ASSIGN(const bool open, operator_key_is_open(files, folder));
  if (!open) return {};
  return Error(ErrorCode::kInvalidConfiguration,
               "the mode is production, and the operator key has no passphrase; run: lumenflow init --production "
               "--passphrase-file FILE");
}

Result<WorkspaceKeys> load_keys(const Files& files, const std::string& folder) {
  WorkspaceKeys keys;
  LUMENFLOW_TRY_ASSIGN(keys.token_private_pem, read_key(files, folder, "token.pem"));
  LUMENFLOW_TRY(check_private(files, join_path(folder, "operator.pem")));
  LUMENFLOW_TRY_ASSIGN(keys.token_public_pem, p256_public_from_private(keys.token_private_pem));
  LUMENFLOW_TRY_ASSIGN(keys.token_key_id, p256_thumbprint(keys.token_public_pem));
  LUMENFLOW_TRY_ASSIGN(keys.operator_public_pem, read_key(files, folder, "operator.pub.pem"));
  LUMENFLOW_TRY_ASSIGN(const std::string seed, read_key(files, folder, "log.seed"));
  LUMENFLOW_TRY_ASSIGN(keys.redaction_key, read_key(files, folder, "redaction.key"));
  if (seed.size() != 32 || keys.redaction_key.size() != 32)
    return Error(ErrorCode::kInvalidConfiguration, "keys/log.seed and keys/redaction.key must be 32 bytes each");
  keys.log_key = ed25519_from_seed(seed);
  return keys;
}

Result<std::string> unlock_operator_key(const Files& files, const std::string& folder, const std::string& passphrase) {
  LUMENFLOW_TRY_ASSIGN(std::string pem, read_key(files, folder, "operator.pem"));
  if (!is_encrypted_pem(pem)) return pem;
  if (passphrase.empty())
    return Error(ErrorCode::kUnauthenticated,
                 "the operator key is locked; give its passphrase with --passphrase-file FILE");
  Result<std::string> unlocked = decrypt_private_pem(pem, passphrase);
  if (!unlocked.ok()) return Error(ErrorCode::kUnauthenticated, "the passphrase does not unlock the operator key");
  return unlocked;
}

}  // namespace lumenflow::sidecar
