#include "sidecar/operator_proof.h"

#include "http/token.h"

namespace lumenflow::sidecar {
namespace {

constexpr std::chrono::seconds kLife{60};
constexpr std::string_view kKeyId = "operator";

std::string audience_of(std::string_view purpose) { return "operator:" + std::string(purpose); }

}  // namespace

Result<std::string> make_operator_proof(std::string_view operator_private_pem, std::string_view workspace_id,
                                        std::string_view purpose, std::string_view proof_id, Timestamp now) {
  http::TokenClaims claims;
  claims.issuer = workspace_id;
  claims.subject = "operator";
  claims.audience = audience_of(purpose);
  claims.issued_at = now;
  claims.expires_at = now + kLife;
  claims.id = proof_id;
  return http::mint_token(claims, operator_private_pem, kKeyId);
}

Status OperatorProofs::check(const std::string& operator_public_pem, std::string_view proof, std::string_view purpose,
                             Timestamp now) {
  http::VerifierOptions options;
  options.public_pem = operator_public_pem;
  options.issuer = workspace_id_;
  options.audience = audience_of(purpose);
  options.key_id = kKeyId;
  http::TokenVerifier verifier(std::move(options));
  LUMENFLOW_TRY_ASSIGN(const std::shared_ptr<const http::TokenClaims> claims, verifier.verify(proof, now));
  if (claims->expires_at - now > kLife + std::chrono::seconds(1))
    return Error(ErrorCode::kUnauthenticated, "an operator's proof lives a minute at most");
  std::erase_if(seen_, [now](const auto& item) { return item.second <= now; });
  if (!seen_.emplace(claims->id, claims->expires_at).second)
    return Error(ErrorCode::kUnauthenticated, "this operator's proof was used before");
  return {};
}

}  // namespace lumenflow::sidecar
