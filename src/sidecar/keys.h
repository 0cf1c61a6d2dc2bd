// The workspace's own keys, in .lumenflow/state/keys/, files of mode 0600 in a folder of mode 0700.
//
//   token.pem      P-256, signs the tokens this workspace mints        (token.pub.pem beside it)
//   operator.pem   P-256, the console operator's; under a passphrase in production
//                  (operator.pub.pem: the pinned half)
//   log.seed       Ed25519 seed, signs checkpoints                    (log.pub: base64 of the public half)
//   redaction.key  HMAC key of values that the journal must not hold
// Value types. Never log a member.
#pragma once

#include <string>

#include "base/files.h"
#include "base/signing.h"

namespace lumenflow::sidecar {

struct WorkspaceKeys {
  std::string token_private_pem;
  std::string token_public_pem;
  std::string token_key_id;         // RFC 7638 thumbprint
  std::string operator_public_pem;  // pinned
  Ed25519KeyPair log_key;
  std::string redaction_key;  // 32 bytes
};

// Makes what is missing and touches nothing that is there. `operator_passphrase` empty: the operator key is
// unencrypted.
Status create_keys(Files& files, const std::string& folder, const std::string& operator_passphrase);
// Puts an operator key that is there unencrypted under a passphrase; whether it did.
Result<bool> encrypt_operator_key(Files& files, const std::string& folder, const std::string& passphrase);
// Whether the operator's private key is there and needs no passphrase.
Result<bool> operator_key_is_open(const Files& files, const std::string& folder);
// For the mode production: INVALID_CONFIGURATION saying how to give it one.
Status require_passphrase(const Files& files, const std::string& folder);
// INVALID_CONFIGURATION naming `lumenflow init` when there are none, or the chmod to run when others can read one.
Result<WorkspaceKeys> load_keys(const Files& files, const std::string& folder);
// The operator's private key, unlocked. UNAUTHENTICATED for a wrong or missing passphrase, saying which flag gives it.
Result<std::string> unlock_operator_key(const Files& files, const std::string& folder, const std::string& passphrase);

}  // namespace lumenflow::sidecar
