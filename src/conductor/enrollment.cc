#include "conductor/enrollment.h"

#include <utility>

#include "base/encoding.h"
#include "base/sealing.h"
#include "conductor/p256.h"
#include "http/token.h"
#include "http/url.h"
#include "log/checkpoint.h"
#include "log/witness.h"

namespace lumenflow::conductor {
namespace {

constexpr std::size_t kNameBytesMax = 128;

Error wrong(std::string_view member, std::string_view reason) {
  return Error(ErrorCode::kInvalidInput, "'" + std::string(member) + "' " + std::string(reason),
               {{"/" + std::string(member), std::string(reason)}});
}

Result<http::TokenClaims> check_token(const WorkspaceEnrollment& enrollment, Timestamp now) {
  http::VerifierOptions options;
  options.public_pem = enrollment.public_pem;
  options.issuer = enrollment.workspace_id;
  options.audience = "sidecar";
  options.leeway = kClockLeeway;
  options.cache_max = 0;
  http::TokenVerifier verifier(std::move(options));
  LUMENFLOW_TRY_ASSIGN(const auto claims, verifier.verify(enrollment.token, now));
  if (claims->subject != enrollment.workspace_id + ":conductor")
    return Error(ErrorCode::kUnauthenticated,
                 "the workspace's token must be for the subject " + enrollment.workspace_id + ":conductor");
  return *claims;
}

}  // namespace

Result<WorkspaceEnrollment> read_workspace_enrollment(const json::Value& body, Timestamp now) {
  WorkspaceEnrollment enrollment;
  enrollment.workspace_id = json::string_or(body, "workspace_id", "");
  if (!is_workspace_id(enrollment.workspace_id)) return wrong("workspace_id", "must be a workspace's id");
  const json::Value* key = body.find("public_key");
  Result<std::string> pem = key == nullptr ? wrong("public_key", "is required") : p256_pem_of(*key);
  if (!pem.ok()) return wrong("public_key", "must be the PEM of a P-256 public key");
  enrollment.public_pem = *std::move(pem);
  enrollment.log_id = json::string_or(body, "log_id", "");
  if (enrollment.log_id.empty() || enrollment.log_id.size() > kNameBytesMax ||
      enrollment.log_id.find('\0') != std::string::npos)
    return wrong("log_id", "must name the workspace's journal");
  const auto log_key = from_base64(json::string_or(body, "log_key", ""));
  if (!log_key || log_key->size() != 32) return wrong("log_key", "must be base64 of an Ed25519 public key");
  enrollment.log_key = *log_key;
  enrollment.token = json::string_or(body, "token", "");
  LUMENFLOW_TRY_ASSIGN(const http::TokenClaims claims, check_token(enrollment, now));
  enrollment.token_scopes = claims.scopes;
  enrollment.sidecar_url = json::string_or(body, "sidecar_url", "");
  if (!enrollment.sidecar_url.empty() && !http::parse_url(enrollment.sidecar_url).ok())
    return wrong("sidecar_url", "must be an http or https URL");
  return enrollment;
}

std::string witness_name(std::string_view conductor_log_id) { return log::checkpoint_origin(conductor_log_id); }

Result<json::Value> enrollment_document(const EnrollmentContext& context, std::string_view workspace_id,
                                        const Issued& issued) {
  LUMENFLOW_TRY_ASSIGN(json::Value jwks, jwks_of(context.keys));
  const std::string origin = log::checkpoint_origin(context.log_id);
  const json::Object own_log{{"origin", origin}, {"public_key", to_base64(context.keys.log.public_key)}};
  return json::Value(
      json::Object{{"format", 1},
                   {"conductor_url", context.public_url},
                   {"workspace_id", workspace_id},
                   {"subject", issued.subject},
                   {"token", issued.token},
                   {"issued_at", format_rfc3339(issued.issued_at)},
                   {"expires_at", format_rfc3339(issued.expires_at)},
                   {"conductor_jwks", std::move(jwks)},
                   {"conductor_log", own_log},
                   {"witness_key", log::witness_key(witness_name(context.log_id), context.keys.witness.public_key)}});
}

json::Value workspace_record(const WorkspaceEnrollment& enrollment, const Issued& issued, std::string_view seal_key,
                             Timestamp now, Random& random) {
  json::Array scopes;
  for (const std::string& scope : enrollment.token_scopes) scopes.push_back(scope);
  return json::Object{{"workspace_id", enrollment.workspace_id},
                      {"state", "active"},
                      {"public_key", enrollment.public_pem},
                      {"log_key", to_base64(enrollment.log_key)},
                      {"enrolled_log_id", enrollment.log_id},
                      {"token", seal(enrollment.token, seal_key, random)},
                      {"scopes", std::move(scopes)},
                      {"sidecar_url", enrollment.sidecar_url},
                      {"enrolled_at", format_rfc3339(now)},
                      {"token_expires_ms", issued.expires_at.ms}};
}

}  // namespace lumenflow::conductor
