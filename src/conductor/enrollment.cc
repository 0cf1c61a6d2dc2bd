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

}  // namespace

Result<MintedToken> read_minted_token(std::string_view token, const std::string& workspace_id,
                                      const std::string& public_pem, Timestamp now) {
  http::VerifierOptions options;
  options.public_pem = public_pem;
  options.issuer = workspace_id;
  options.audience = "sidecar";
  options.leeway = kClockLeeway;
  options.cache_max = 0;
  http::TokenVerifier verifier(std::move(options));
  LUMENFLOW_TRY_ASSIGN(const auto claims, verifier.verify(token, now));
  if (claims->subject != workspace_id + ":conductor")
    return Error(ErrorCode::kUnauthenticated,
                 "the workspace's token must be for the subject " + workspace_id + ":conductor");
  return MintedToken{claims->scopes, claims->expires_at};
}

void keep_minted_token(json::Object& record, std::string_view token, const MintedToken& minted,
                       std::string_view seal_key, Random& random) {
  record.set("token", seal(token, seal_key, random));
  record.set("scopes", json::Array(minted.scopes.begin(), minted.scopes.end()));
  record.set("calls_until", format_rfc3339(minted.expires_at));
}

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
  LUMENFLOW_TRY_ASSIGN(MintedToken minted,
                       read_minted_token(enrollment.token, enrollment.workspace_id, enrollment.public_pem, now));
  enrollment.token_scopes = std::move(minted.scopes);
  enrollment.token_expires_at = minted.expires_at;
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
  json::Object record{{"workspace_id", enrollment.workspace_id}, {"state", "active"},
                      {"public_key", enrollment.public_pem},     {"log_key", to_base64(enrollment.log_key)},
                      {"enrolled_log_id", enrollment.log_id},    {"sidecar_url", enrollment.sidecar_url},
                      {"enrolled_at", format_rfc3339(now)},      {"token_expires_ms", issued.expires_at.ms}};
  keep_minted_token(record, enrollment.token, {enrollment.token_scopes, enrollment.token_expires_at}, seal_key, random);
  return json::Value(std::move(record));
}

}  // namespace lumenflow::conductor
