#include "conductor/sidecar_url.h"

#include <utility>

#include "conductor/authenticator.h"
#include "conductor/tables.h"
#include "http/token.h"
#include "http/url.h"

namespace lumenflow::conductor {
namespace {

Status check_proof(const json::Value& record, const std::string& workspace, const std::string& url,
                   const json::Value& body, Timestamp now) {
  http::VerifierOptions options;
  options.public_pem = json::string_or(record, "public_key", "");
  options.issuer = workspace;
  options.audience = "sidecar_url";
  options.leeway = kClockLeeway;
  options.cache_max = 0;
  const auto claims =
      http::TokenVerifier(std::move(options)).verify(json::string_or(body, "sidecar_url_proof", ""), now);
  if (!claims.ok()) return Error(claims.error()).with_context("sidecar_url_proof");
  const std::vector<std::string> said{url.empty() ? "none" : url};
  if ((*claims)->subject != workspace || (*claims)->scopes != said)
    return Error(ErrorCode::kUnauthenticated, "sidecar_url_proof is for another workspace or place");
  return {};
}

}  // namespace

Result<std::optional<SidecarUrlChange>> sidecar_url_change(Context& context, const std::string& workspace,
                                                           const json::Value& body) {
  const json::Value* said = body.find("sidecar_url");
  if (said == nullptr) return std::optional<SidecarUrlChange>();
  const std::string* url = said->if_string();
  if (url == nullptr || (!url->empty() && !http::parse_url(*url).ok()))
    return Error(ErrorCode::kInvalidRequest, "'sidecar_url' must be an http or https URL, or empty");
  LUMENFLOW_TRY_ASSIGN(const auto found, context.store.records->get(kWorkspacesTable, workspace));
  if (!found) return Error(ErrorCode::kNotFound, "there is no workspace " + workspace);
  json::Value record = parsed(*found);
  if (json::string_or(record, "sidecar_url", "") == *url) return std::optional<SidecarUrlChange>();
  LUMENFLOW_TRY(check_proof(record, workspace, *url, body, context.clock.now()));
  record.as_object().set("sidecar_url", *url);
  Act act{"conductor.sidecar_url_changed", workspace, workspace, {}};
  act.details = {{"sidecar_url", *url}};
  return std::optional(SidecarUrlChange{{kWorkspacesTable, workspace, found->version, json::serialize(record)}, act});
}

}  // namespace lumenflow::conductor
