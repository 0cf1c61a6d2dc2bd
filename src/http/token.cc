#include "http/token.h"

#include <jwt.h>

#include <cstdlib>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/encoding.h"
#include "base/signing.h"

namespace lumenflow::http {
namespace {

constexpr std::size_t kTokenBytesMax = 8 * 1024;
constexpr std::int64_t kSecondsMax = 253'402'300'799;  // 9999-12-31T23:59:59Z

struct FreeJwt {
  void operator()(jwt_t* jwt) const { jwt_free(jwt); }
};
using Jwt = std::unique_ptr<jwt_t, FreeJwt>;

struct FreeText {
  void operator()(char* text) const { std::free(text); }
};
using Text = std::unique_ptr<char, FreeText>;

// One fixed sentence each: no part of the token may reach a log or an answer.
Error refused(std::string_view why) { return Error(ErrorCode::kUnauthenticated, "the token " + std::string(why)); }

Jwt new_jwt() {
  jwt_t* jwt = nullptr;
  if (jwt_new(&jwt) != 0) return nullptr;
  return Jwt(jwt);
}

const unsigned char* key_bytes(std::string_view pem) { return as_bytes(pem).data(); }

// Looks at the header alone, before any key is near: libjwt's decoder lets the token choose the algorithm.
Status check_header(std::string_view encoded, const std::string& key_id) {
  const std::optional<std::string> json = from_base64url(encoded);
  if (!json) return refused("is malformed");
  const Jwt header = new_jwt();
  if (!header || jwt_add_headers_json(header.get(), json->c_str()) != 0) return refused("is malformed");
  const char* algorithm = jwt_get_header(header.get(), "alg");
  if (algorithm == nullptr || std::string_view(algorithm) != "ES256") return refused("is not signed with ES256");
  if (const Text critical(jwt_get_headers_json(header.get(), "crit")); critical)
    return refused("has a header that asks for an unknown extension");
  if (const Text kid(jwt_get_headers_json(header.get(), "kid")); kid) {
    const char* value = jwt_get_header(header.get(), "kid");
    if (value == nullptr || key_id != value) return refused("is signed with another key");
  }
  return {};
}

// Three strict base64url parts; libjwt alone would skip characters that it does not know.
Status check_shape(std::string_view token, const std::string& key_id) {
  if (token.size() > kTokenBytesMax) return refused("is too long");
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos)
    return refused("is malformed");
  LUMENFLOW_TRY(check_header(token.substr(0, first), key_id));
  if (!from_base64url(token.substr(first + 1, second - first - 1))) return refused("is malformed");
  const std::optional<std::string> signature = from_base64url(token.substr(second + 1));
  if (!signature || signature->size() != 64) return refused("is malformed");
  return {};
}

Result<std::string> text_claim(jwt_t* jwt, const char* name) {
  const char* value = jwt_get_grant(jwt, name);  // null for what is not a string
  if (value == nullptr || *value == '\0') return refused("lacks the claim " + std::string(name));
  return std::string(value);
}

Result<Timestamp> time_claim(jwt_t* jwt, const char* name) {
  const std::int64_t seconds = jwt_get_grant_int(jwt, name);  // 0 or -1 for what is not an integer
  if (seconds <= 0 || seconds > kSecondsMax)
    return refused("lacks the claim " + std::string(name) + " in whole seconds");
  return Timestamp{seconds * 1000};
}

std::vector<std::string> split_scopes(std::string_view text) {
  std::vector<std::string> scopes;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    if (space > 0) scopes.emplace_back(text.substr(0, space));
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return scopes;
}

std::string join_scopes(const std::vector<std::string>& scopes) {
  std::string text;
  for (const std::string& scope : scopes) {
    if (!text.empty()) text += ' ';
    text += scope;
  }
  return text;
}

Result<TokenClaims> read_claims(jwt_t* jwt) {
  TokenClaims claims;
  LUMENFLOW_TRY_ASSIGN(claims.issuer, text_claim(jwt, "iss"));
  LUMENFLOW_TRY_ASSIGN(claims.subject, text_claim(jwt, "sub"));
  LUMENFLOW_TRY_ASSIGN(claims.audience, text_claim(jwt, "aud"));
  LUMENFLOW_TRY_ASSIGN(claims.id, text_claim(jwt, "jti"));
  LUMENFLOW_TRY_ASSIGN(claims.issued_at, time_claim(jwt, "iat"));
  LUMENFLOW_TRY_ASSIGN(claims.expires_at, time_claim(jwt, "exp"));
  const char* scope = jwt_get_grant(jwt, "scope");  // may be empty: a token that is good for nothing yet
  if (scope == nullptr) return refused("lacks the claim scope");
  claims.scopes = split_scopes(scope);
  if (const Text not_before(jwt_get_grants_json(jwt, "nbf")); not_before) {
    LUMENFLOW_TRY_ASSIGN(const Timestamp start, time_claim(jwt, "nbf"));
    if (start > claims.issued_at) claims.issued_at = start;  // valid from: the later of the two
  }
  return claims;
}

Status check_life(const TokenClaims& claims, Timestamp now, std::chrono::milliseconds leeway) {
  if (claims.issued_at > now + leeway) return refused("is issued in the future; compare the clocks");
  if (claims.expires_at + leeway <= now)
    return Error(ErrorCode::kTokenExpired, "the token expired at " + format_rfc3339(claims.expires_at) +
                                               (leeway.count() > 0 ? "; compare the clocks" : ""));
  return {};
}

Result<std::string> sign_token(jwt_t* jwt, std::string_view private_pem) {
  if (jwt_set_alg(jwt, JWT_ALG_ES256, key_bytes(private_pem), static_cast<int>(private_pem.size())) == 0)
    if (const Text text(jwt_encode_str(jwt)); text) return std::string(text.get());
  return Error(ErrorCode::kInvalidConfiguration, "the token key is not a P-256 private key");
}

}  // namespace

Result<std::string> mint_token(const TokenClaims& claims, std::string_view private_pem, std::string_view key_id) {
  const std::int64_t issued = claims.issued_at.ms / 1000, expires = claims.expires_at.ms / 1000;
  if (claims.issuer.empty() || claims.subject.empty() || claims.audience.empty() || claims.id.empty())
    return Error(ErrorCode::kInvalidInput, "a token needs an issuer, a subject, an audience and an id");
  if (issued <= 0 || expires <= issued || expires > kSecondsMax)
    return Error(ErrorCode::kInvalidInput, "a token must live for at least a second");
  const Jwt jwt = new_jwt();
  const std::string scope = join_scopes(claims.scopes), kid(key_id);
  const bool built = jwt && jwt_add_header(jwt.get(), "kid", kid.c_str()) == 0 &&
                     jwt_add_grant(jwt.get(), "iss", claims.issuer.c_str()) == 0 &&
                     jwt_add_grant(jwt.get(), "sub", claims.subject.c_str()) == 0 &&
                     jwt_add_grant(jwt.get(), "aud", claims.audience.c_str()) == 0 &&
                     jwt_add_grant(jwt.get(), "scope", scope.c_str()) == 0 &&
                     jwt_add_grant(jwt.get(), "jti", claims.id.c_str()) == 0 &&
                     jwt_add_grant_int(jwt.get(), "iat", issued) == 0 &&
                     jwt_add_grant_int(jwt.get(), "exp", expires) == 0;
  if (!built) return Error(ErrorCode::kInvalidInput, "a claim of the token is not valid UTF-8");
  return sign_token(jwt.get(), private_pem);
}

Result<std::string> mint_push_token(const std::string& origin, const std::string& contact, Timestamp now,
                                    std::string_view private_pem) {
  constexpr std::int64_t kLife = 12 * 3'600;  // a service may refuse more than a day
  const Jwt jwt = new_jwt();
  const bool built = jwt && jwt_add_grant(jwt.get(), "aud", origin.c_str()) == 0 &&
                     jwt_add_grant(jwt.get(), "sub", contact.c_str()) == 0 &&
                     jwt_add_grant_int(jwt.get(), "exp", now.ms / 1000 + kLife) == 0;
  if (!built) return Error(ErrorCode::kInvalidInput, "the contact of a push token is not valid UTF-8");
  return sign_token(jwt.get(), private_pem);
}

// Verified tokens by their text, least recently used last. Only what verified gets in, so nobody can fill it from
// outside.
struct TokenVerifier::Cache {
  struct Entry {
    std::string token;
    std::shared_ptr<const TokenClaims> claims;
  };
  std::list<Entry> entries;
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_token;  // keys view into entries

  std::shared_ptr<const TokenClaims> find(std::string_view token) {
    const auto found = by_token.find(token);
    if (found == by_token.end()) return nullptr;
    entries.splice(entries.begin(), entries, found->second);
    return found->second->claims;
  }

  void add(std::string_view token, std::shared_ptr<const TokenClaims> claims, std::size_t entries_max) {
    if (entries_max == 0) return;
    if (entries.size() >= entries_max) erase(entries.back().token);
    entries.push_front({std::string(token), std::move(claims)});
    by_token.emplace(entries.front().token, entries.begin());
  }

  void erase(std::string_view token) {
    const auto found = by_token.find(token);
    if (found == by_token.end()) return;
    const auto entry = found->second;
    by_token.erase(found);
    entries.erase(entry);
  }
};

TokenVerifier::TokenVerifier(VerifierOptions options)
    : options_(std::move(options)), cache_(std::make_unique<Cache>()) {
  // What is no key verifies nothing; then its id does not matter either.
  if (options_.key_id.empty()) options_.key_id = p256_thumbprint(options_.public_pem).value_or("");
}

TokenVerifier::~TokenVerifier() = default;

Result<TokenClaims> TokenVerifier::verify_signed(std::string_view token) const {
  LUMENFLOW_TRY(check_shape(token, options_.key_id));
  const std::string text(token);
  jwt_t* decoded = nullptr;
  const int failed =
      jwt_decode(&decoded, text.c_str(), key_bytes(options_.public_pem), static_cast<int>(options_.public_pem.size()));
  const Jwt jwt(decoded);
  if (failed != 0 || !jwt || jwt_get_alg(jwt.get()) != JWT_ALG_ES256)
    return refused("has a signature that does not verify");
  LUMENFLOW_TRY_ASSIGN(TokenClaims claims, read_claims(jwt.get()));
  if (claims.issuer != options_.issuer) return refused("is from another issuer");
  if (claims.audience != options_.audience) return refused("is for another audience");
  return claims;
}

Result<std::shared_ptr<const TokenClaims>> TokenVerifier::verify(std::string_view token, Timestamp now) {
  std::shared_ptr<const TokenClaims> claims = cache_->find(token);
  const bool cached = claims != nullptr;
  if (!cached) {
    LUMENFLOW_TRY_ASSIGN(TokenClaims verified, verify_signed(token));
    claims = std::make_shared<const TokenClaims>(std::move(verified));
  }
  if (Status life = check_life(*claims, now, options_.leeway); !life.ok()) {
    if (life.error().code() == ErrorCode::kTokenExpired) cache_->erase(token);
    return std::move(life).error();
  }
  if (!cached) cache_->add(token, claims, options_.cache_max);
  return claims;
}

}  // namespace lumenflow::http
