// Bearer tokens: JWTs signed with ES256 and nothing else (claims iss sub aud scope exp iat jti). By libjwt.
//
// TokenVerifier is used by one thread; it caches verified tokens, and checks life and revocation on every use.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "lumenflow/result.h"

namespace lumenflow::http {

struct TokenClaims {
  std::string issuer;
  std::string subject;
  std::string audience;
  std::vector<std::string> scopes;  // the `scope` claim, split at spaces
  Timestamp issued_at;
  Timestamp expires_at;
  std::string id;  // jti
};

// `private_pem` is a P-256 key; `key_id` goes into the header as `kid`. Times are cut to whole seconds. INVALID_INPUT
// for an empty claim or a life of less than a second, INVALID_CONFIGURATION for what is no key.
Result<std::string> mint_token(const TokenClaims& claims, std::string_view private_pem, std::string_view key_id);

// What a push service asks for (VAPID, RFC 8292): whom the message is from, for the service at `origin` alone, good for
// twelve hours. `contact` is a `mailto:` or `https:` URI.
Result<std::string> mint_push_token(const std::string& origin, const std::string& contact, Timestamp now,
                                    std::string_view private_pem);

struct VerifierOptions {
  std::string public_pem;
  std::string issuer;    // required
  std::string audience;  // required; the claim must be this string
  std::string key_id;    // a token's `kid`, where it has one, must be this; empty: the key's RFC 7638 thumbprint
  std::size_t cache_max = 4096;
  std::chrono::milliseconds leeway{0};  // how far the minting machine's clock may be from this one's
};

class TokenVerifier {
 public:
  explicit TokenVerifier(VerifierOptions options);
  ~TokenVerifier();
  // UNAUTHENTICATED with what is wrong (malformed, algorithm, signature, issuer, audience, issued in the future),
  // TOKEN_EXPIRED. Never says anything of the token's text. Without leeway unless the options give some: mostly the
  // verifier's own clock minted what it verifies. Shared, because calls in flight outlive the cache's entry.
  Result<std::shared_ptr<const TokenClaims>> verify(std::string_view token, Timestamp now);

 private:
  struct Cache;
  Result<TokenClaims> verify_signed(std::string_view token) const;
  VerifierOptions options_;
  std::unique_ptr<Cache> cache_;
};

}  // namespace lumenflow::http
