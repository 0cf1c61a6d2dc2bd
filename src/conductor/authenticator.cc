#include "conductor/authenticator.h"

#include <sodium.h>

#include <utility>

#include "base/encoding.h"
#include "base/sha256.h"
#include "base/ulid.h"
#include "conductor/standing.h"
#include "http/exchange.h"
#include "lumenflow/json.h"

namespace lumenflow::conductor {
namespace {

std::unique_ptr<http::TokenVerifier> verifier_of(const TokenKey& key) {
  http::VerifierOptions options;
  options.public_pem = key.public_pem;
  options.issuer = kIssuer;
  options.audience = kAudience;
  options.key_id = key.id;
  return std::make_unique<http::TokenVerifier>(std::move(options));
}

// Its id begins with the time.
Timestamp issued_at_of(std::string_view token_id) {
  const std::optional<Ulid> ulid = parse_ulid(token_id);
  std::int64_t ms = 0;
  for (std::size_t i = 0; ulid && i < 6; ++i) ms = ms << 8 | ulid->bytes[i];
  return {ms};
}

bool changes_something(http::Method method) { return method != http::Method::kGet && method != http::Method::kHead; }

}  // namespace

json::Value parsed(const Record& record) {
  Result<json::Value> value = json::parse(record.value);
  return value.ok() ? *std::move(value) : json::Value(json::Object{});
}

bool equal_secrets(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

// RFC 6265 5.4: name=value pairs parted by "; ".
std::optional<std::string_view> cookie_of(const http::Request& request) {
  std::string_view text = request.header("cookie").value_or("");
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(';'), text.size());
    std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    if (pair.starts_with(kCookie) && pair.substr(kCookie.size()).starts_with('='))
      return pair.substr(kCookie.size() + 1);
  }
  return std::nullopt;
}

std::string session_key(std::string_view cookie) { return sha256_hex(cookie); }

std::string credential_of(std::string_view operator_record_value) {
  const Result<json::Value> record = json::parse(operator_record_value);
  return sha256_hex(record.ok() ? json::string_or(*record, "passphrase", "") : std::string_view());
}

std::string csrf_of(std::string_view cookie) {
  const Hash256 mac = hmac_sha256(cookie, "X-CSRF-Token");
  return to_base64url(as_chars(mac));
}

Authenticator::Authenticator(Records& records, const ConductorKeys& keys, const Clock& clock)
    : records_(records), keys_(keys), clock_(clock) {
  keys_changed();
}

Authenticator::~Authenticator() = default;

void Authenticator::keys_changed() {
  verifiers_.clear();
  for (const TokenKey& key : keys_.token) verifiers_.push_back(verifier_of(key));
}

Result<Principal> Authenticator::authenticate(const http::Request& request, std::string* verified) {
  LUMENFLOW_TRY_ASSIGN(const std::optional<std::string_view> token, http::bearer_of(request));
  if (token) return of_token(*token, verified);
  if (const auto cookie = cookie_of(request)) return of_session(*cookie, request);
  return Principal{};
}

Result<Principal> Authenticator::of_token(std::string_view token, std::string* verified) {
  std::shared_ptr<const http::TokenClaims> claims;
  for (const auto& verifier : verifiers_) {
    auto found = verifier->verify(token, clock_.now());
    if (found.ok()) {
      claims = *found;
      break;
    }
    if (found.error().code() == ErrorCode::kTokenExpired || &verifier == &verifiers_.back())
      return std::move(found).error();
  }
  if (!http::is_strict_token(token)) return Error(ErrorCode::kUnauthenticated, "the token is malformed");
  Principal principal;
  principal.subject = claims->subject;
  principal.token_id = claims->id;
  principal.issued_at = issued_at_of(claims->id);
  principal.expires_at = claims->expires_at;
  principal.scopes = claims->scopes;
  const std::size_t phone = principal.subject.find(":phone:");
  principal.kind = phone == std::string::npos ? kWorkspaces : kDevices;
  principal.workspace = principal.subject.substr(0, phone);
  if (phone != std::string::npos) principal.name = principal.subject.substr(phone + 7);
  if (verified != nullptr) *verified = principal.subject;
  LUMENFLOW_TRY(check_revoked(principal));
  return principal;
}

Status Authenticator::check_revoked(const Principal& principal) const {
  LUMENFLOW_TRY_ASSIGN(const auto token, records_.get(kRevokedTable, "jti/" + principal.token_id));
  if (token) return Error(ErrorCode::kTokenRevoked, "the token was revoked");
  // What was issued later, after an enrollment with a new ticket, is good.
  return check_standing(records_, principal.subject, principal.issued_at);
}

Result<Principal> Authenticator::of_session(std::string_view cookie, const http::Request& request) const {
  const std::string key = session_key(cookie);
  LUMENFLOW_TRY_ASSIGN(const auto session, records_.get(kSessionsTable, key));
  if (!session) return Error(ErrorCode::kUnauthenticated, "there is no such session; sign in");
  const json::Value record = parsed(*session);
  Principal principal;
  principal.kind = kOperators;
  principal.name = json::string_or(record, "operator", "");
  principal.subject = "operator:" + principal.name;
  principal.session = key;
  principal.credential = json::string_or(record, "credential", "");
  principal.expires_at = Timestamp{json::integer_or(record, "expires_ms", 0)};
  LUMENFLOW_TRY(still_holds(principal));
  LUMENFLOW_TRY_ASSIGN(const auto found, records_.get(kOperatorsTable, principal.name));
  if (!found) return Error(ErrorCode::kUnauthenticated, "the session is over; sign in");
  principal.role = role_from_name(json::string_or(parsed(*found), "role", "")).value_or(Role::kViewer);
  if (changes_something(request.method) && !equal_secrets(request.header("x-csrf-token").value_or(""), csrf_of(cookie)))
    return Error(ErrorCode::kUnauthenticated, "the header X-CSRF-Token is missing or wrong; sign-in gave it as `csrf`");
  return principal;
}

Status Authenticator::still_holds(const Principal& principal) const {
  if (principal.expires_at && *principal.expires_at <= clock_.now())
    return Error(principal.is_operator() ? ErrorCode::kUnauthenticated : ErrorCode::kTokenExpired,
                 principal.is_operator() ? "the session is over; sign in" : "the token is over; resume with another");
  if (!principal.is_operator()) return check_revoked(principal);
  LUMENFLOW_TRY_ASSIGN(const auto session, records_.get(kSessionsTable, principal.session));
  LUMENFLOW_TRY_ASSIGN(const auto found, records_.get(kOperatorsTable, principal.name));
  const bool holds = session && found && credential_of(found->value) == principal.credential;
  if (!holds) return Error(ErrorCode::kUnauthenticated, "the session is over; sign in");
  return {};
}

Result<Issued> issue_token(const ConductorKeys& keys, std::string_view subject, const std::vector<std::string>& scopes,
                           Timestamp now, Random& random) {
  http::TokenClaims claims;
  claims.issuer = kIssuer;
  claims.subject = subject;
  claims.audience = kAudience;
  claims.scopes = scopes;
  claims.issued_at = Timestamp{now.ms / 1000 * 1000};
  claims.expires_at = claims.issued_at + kTokenLife;
  claims.id = make_ulid(now, random.draw16()).str();
  const TokenKey& key = keys.token.front();
  Issued issued;
  LUMENFLOW_TRY_ASSIGN(issued.token, http::mint_token(claims, key.private_pem, key.id));
  issued.token_id = claims.id;
  issued.subject = subject;
  issued.issued_at = claims.issued_at;
  issued.expires_at = claims.expires_at;
  return issued;
}

RecordChange token_record(const Issued& issued) {
  const json::Object record{{"subject", issued.subject},
                            {"issued_at", format_rfc3339(issued.issued_at)},
                            {"expires_at", format_rfc3339(issued.expires_at)},
                            {"expires_ms", issued.expires_at.ms}};
  return {kTokensTable, issued.token_id, 0, json::serialize(record)};
}

}  // namespace lumenflow::conductor
