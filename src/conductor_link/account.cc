#include "conductor_link/account.h"

#include <utility>

#include "base/logging.h"
#include "base/ulid.h"
#include "conductor_link/wire.h"
#include "http/token.h"

namespace lumenflow::conductor_link {
namespace {

constexpr std::chrono::seconds kAssertionLife{60};
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

bool Account::due() const {
  const std::lock_guard lock(mutex_);
  const std::chrono::milliseconds life = enrollment_.expires_at - enrollment_.issued_at;
  return refused_ || parts_.clock.now() + life / 3 >= enrollment_.expires_at;
}

Result<std::string> Account::assertion(const Enrollment& enrollment) {
  http::TokenClaims claims;
  claims.issuer = claims.subject = enrollment.workspace_id;
  claims.audience = "renew";
  claims.issued_at = parts_.clock.now();
  claims.expires_at = claims.issued_at + kAssertionLife;
  claims.id = make_ulid(claims.issued_at, random_.draw16()).str();
  return http::mint_token(claims, parts_.token_private_pem, parts_.token_key_id);
}

Status Account::renew_if_due(http::Client& client) {
  const std::lock_guard one(renewing_);
  if (!due() || parts_.clock.monotonic() < asked_at_ + kPause) return {};
  asked_at_ = parts_.clock.monotonic();
  const Enrollment before = enrollment();
  const auto failed = [this](const Error& why) {
    if (why.to_string() != std::exchange(last_failure_, why.to_string()))
      write_log(LogLevel::kWarn, "conductor_link", "the conductor's token could not be renewed",
                {{"reason", why.message()}});
    return why;
  };
  Result<std::string> signed_wish = assertion(before);
  if (!signed_wish.ok()) return failed(signed_wish.error());
  http::ClientRequest request;
  request.method = http::Method::kPost;
  request.path = "/v2/tokens/renew";
  request.timeout = kRenewalTimeout;
  request.body = json::serialize(
      json::Value(json::Object{{"workspace_id", before.workspace_id}, {"assertion", *std::move(signed_wish)}}));
  const Result<http::ClientResponse> response = client.send(request);
  if (!response.ok()) return failed(response.error());
  if (response->status != 200 && response->status != 201) return failed(refusal_of(*response).error);
  Result<RenewedToken> renewed = read_renewal(response->body);
  if (!renewed.ok()) return failed(renewed.error());
  Enrollment after = before;
  after.token = std::move(renewed->token);
  after.issued_at = renewed->issued_at;
  after.expires_at = renewed->expires_at;
  if (!renewed->conductor_jwks.is_null()) after.conductor_jwks = std::move(renewed->conductor_jwks);
  // What the file would not be read back from is not used either.
  Result<Enrollment> checked = parse_enrollment(to_json_text(after), before.workspace_id);
  if (!checked.ok()) return failed(checked.error());
  if (Status stored = store_enrollment(parts_.files, parts_.folder, *checked); !stored.ok())
    return failed(stored.error());
  last_failure_.clear();
  const std::lock_guard lock(mutex_);
  enrollment_ = *std::move(checked);
  refused_ = false;
  return {};
}

}  // namespace lumenflow::conductor_link
