#include "conductor_link/account.h"

#include <utility>

#include "base/logging.h"
#include "base/ulid.h"
#include "conductor_link/wire.h"
#include "http/token.h"

namespace lumenflow::conductor_link {
namespace {

constexpr std::chrono::milliseconds kRenewalTimeout{10'000};

}  // namespace

Enrollment Account::enrollment() const {
  const std::lock_guard lock(mutex_);
  return enrollment_;
}

void Account::refused() {
  const std::lock_guard lock(mutex_);
  refused_ = true;
}

void Account::offer(std::string token, std::string token_id) {
  const std::lock_guard lock(mutex_);
  offered_ = std::move(token);
  offered_id_ = std::move(token_id);
}

bool Account::due(std::chrono::nanoseconds at) const {
  const std::chrono::milliseconds life = enrollment_.expires_at - enrollment_.issued_at;
  if (!refused_ && offered_.empty() && parts_.clock.now() + life / 3 < enrollment_.expires_at) return false;
  return at >= asked_at_ + kPause;
}

Status Account::failed(const Error& why) {
  if (why.to_string() != std::exchange(last_failure_, why.to_string()))
    write_log(LogLevel::kWarn, "conductor_link", "the conductor's token could not be renewed",
              {{"reason", why.message()}});
  return why;
}

// What the enrolled key says for a minute.
http::TokenClaims Account::claims_for(std::string audience) {
  http::TokenClaims claims;
  claims.issuer = claims.subject = enrollment_.workspace_id;
  claims.audience = std::move(audience);
  claims.issued_at = parts_.clock.now();
  claims.expires_at = claims.issued_at + kAssertionLife;
  claims.id = make_ulid(claims.issued_at, random_.draw16()).str();
  return claims;
}

std::string Account::prove_sidecar_url(const std::string& url) {
  const std::lock_guard lock(mutex_);
  http::TokenClaims claims = claims_for("sidecar_url");
  claims.scopes = {url.empty() ? "none" : url};
  return http::mint_token(claims, parts_.token_private_pem, parts_.token_key_id).value_or("");
}

std::optional<http::ClientRequest> Account::renewal_if_due() {
  const std::lock_guard lock(mutex_);
  const std::chrono::nanoseconds at = parts_.clock.monotonic();
  if (!due(at)) return std::nullopt;
  asked_at_ = at;
  Result<std::string> assertion = http::mint_token(claims_for("renew"), parts_.token_private_pem, parts_.token_key_id);
  if (!assertion.ok()) {
    static_cast<void>(failed(assertion.error()));
    return std::nullopt;
  }
  asking_ = true;
  asked_with_ = offered_id_;
  json::Object body{{"workspace_id", enrollment_.workspace_id}, {"assertion", *std::move(assertion)}};
  if (!offered_.empty()) body.set("token", offered_);
  http::ClientRequest request;
  request.method = http::Method::kPost;
  request.path = "/v2/tokens/renew";
  request.timeout = kRenewalTimeout;
  request.body = json::serialize(json::Value(std::move(body)));
  return request;
}

// The enrollment with the token that came. What its file would not be read back from is not used either.
Result<Enrollment> Account::renewed(const Result<http::ClientResponse>& response) const {
  if (!response.ok()) return response.error();
  if (response->status != 200 && response->status != 201) return refusal_of(*response).error;
  LUMENFLOW_TRY_ASSIGN(RenewedToken token, read_renewal(response->body));
  Enrollment after = enrollment_;
  after.token = std::move(token.token);
  after.issued_at = token.issued_at;
  after.expires_at = token.expires_at;
  if (!token.conductor_jwks.is_null()) after.conductor_jwks = std::move(token.conductor_jwks);
  return parse_enrollment(to_json_text(after), after.workspace_id);
}

Status Account::heard_renewal(Result<http::ClientResponse> response) {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(asking_, false)) return {};
  Result<Enrollment> after = renewed(response);
  if (!after.ok()) return failed(after.error());
  if (const Status stored = store_enrollment(parts_.files, parts_.folder, *after); !stored.ok())
    return failed(stored.error());
  last_failure_.clear();
  enrollment_ = *std::move(after);
  refused_ = false;
  if (asked_with_.empty()) return {};
  if (offered_id_ == asked_with_) offered_.clear(), offered_id_.clear();
  if (parts_.given) parts_.given(asked_with_);
  return {};
}

}  // namespace lumenflow::conductor_link
