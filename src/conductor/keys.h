// The conductor's own keys, in a folder of mode 0700 beside its store, files of mode 0600.
//
//   token.pem, token-1.pem …  P-256: the newest signs tokens, former ones verify until what they signed is over
//   log.seed                  Ed25519 seed: signs the heads of the conductor's own Log
//   witness.seed              Ed25519 seed: co-signs the heads of workspaces
//   push.pem                  P-256: names this conductor to push services (VAPID, RFC 8292)
//   seal.key                  32 bytes: what must wait in the records without being readable there
// Value types. Never log a member.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "base/signing.h"
#include "lumenflow/json.h"

namespace lumenflow::conductor {

struct TokenKey {
  std::string private_pem;
  std::string public_pem;
  std::string id;  // RFC 7638 thumbprint
};

struct ConductorKeys {
  std::vector<TokenKey> token;  // newest first; at least one
  Ed25519KeyPair log;
  Ed25519KeyPair witness;
  TokenKey push;
  std::string seal;
};

inline constexpr std::size_t kTokenKeysMax = 3;

// Makes what is missing. INVALID_CONFIGURATION for what is no key, or can be read by others.
Result<ConductorKeys> open_keys(Files& files, const std::string& folder);
// A new key signs from now on; the oldest beyond kTokenKeysMax is forgotten.
Status rotate_token_key(Files& files, const std::string& folder, ConductorKeys& keys);

// RFC 7517: the public halves, newest first.
Result<json::Value> jwks_of(const ConductorKeys& keys);

}  // namespace lumenflow::conductor
