#include "sidecar/token_tools.h"

#include <algorithm>
#include <array>

#include "base/time.h"
#include "http/token.h"
#include "kernel/commands.h"
#include "kernel/device_tools.h"
#include "kernel/kernel_tool.h"
#include "kernel/standing_orders.h"

namespace lumenflow::sidecar {
namespace {

using json::Object;
using json::Value;

constexpr std::string_view kMintInput = R"({
  "type": "object", "additionalProperties": false,
  "properties": {
    "subject": {"type": "string", "minLength": 1, "maxLength": 200,
                "pattern": "^[a-z0-9][A-Za-z0-9._-]*(:[A-Za-z0-9._-]+)*$",
                "description": "who acts; it starts with the workspace's id"},
    "scope": {"type": "string", "maxLength": 1000, "description": "token scopes, separated by spaces; default: workspace"},
    "audience": {"type": "string", "minLength": 1, "maxLength": 100, "description": "default: sidecar"},
    "ttl_seconds": {"type": "integer", "minimum": 1, "maximum": 31536000, "description": "default: 24 hours"}
  }})";
constexpr std::string_view kMintOutput = R"({
  "type": "object", "additionalProperties": false,
  "required": ["token", "token_id", "subject", "scope", "audience", "expires_at"],
  "properties": {
    "token": {"type": "string", "writeOnly": true},
    "token_id": {"type": "string"}, "subject": {"type": "string"}, "scope": {"type": "string"},
    "audience": {"type": "string"}, "expires_at": {"type": "string", "format": "date-time"}
  }})";
constexpr std::string_view kRenewOutput = R"({
  "type": "object", "additionalProperties": false, "required": ["token", "token_id", "expires_at"],
  "properties": {
    "token": {"type": "string", "writeOnly": true},
    "token_id": {"type": "string"}, "expires_at": {"type": "string", "format": "date-time"}}})";
constexpr std::chrono::hours kTokenLife{24};
constexpr std::string_view kRevokeInput = R"({
  "type": "object", "additionalProperties": false, "required": ["token_id"],
  "properties": {"token_id": {"type": "string", "minLength": 1, "maxLength": 100, "description": "the token's jti"}}})";
constexpr std::string_view kRevokeOutput = R"({
  "type": "object", "additionalProperties": false, "required": ["token_id", "revoked"],
  "properties": {"token_id": {"type": "string"}, "revoked": {"type": "boolean"}}})";

constexpr std::array<std::string_view, 12> kScopes = {
    "tools:read",       "tools:write",      "tools:admin", "workspace",    "events:read",  "approvals:read",
    "approvals:decide", "recovery:confirm", "audit:read",  "control:stop", "metrics:read", "agent:execute-turn"};

bool is_known_scope(std::string_view scope) {
  if (std::find(kScopes.begin(), kScopes.end(), scope) != kScopes.end()) return true;
  for (const std::string_view prefix : {"tools:read:", "tools:write:", "tools:admin:"})
    if (scope.starts_with(prefix) && scope.size() > prefix.size()) return true;
  return false;
}

// The scopes of a space-separated list, or the first that is not one.
Result<std::vector<std::string>> parse_scopes(std::string_view text) {
  std::vector<std::string> scopes;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view scope = text.substr(at, end - at);
    at = end + 1;
    if (scope.empty()) continue;
    if (!is_known_scope(scope))
      return Error(ErrorCode::kInvalidInput, "'" + std::string(scope) + "' is no token scope");
    scopes.emplace_back(scope);
  }
  if (scopes.empty()) return Error(ErrorCode::kInvalidInput, "a token needs at least one scope");
  return scopes;
}

// Which tokens a conductor was ever given; those that are over need no revoking any more.
Status note_minted(pack::ToolContext& context, const http::TokenClaims& claims) {
  constexpr std::size_t kLookedAt = 256;
  LUMENFLOW_TRY_ASSIGN(const auto minted, context.store().scan(kernel::kMintedPrefix, "", kLookedAt));
  for (const pack::StoreItem& item : minted) {
    const std::int64_t* over = item.value.if_integer();
    if (over != nullptr && *over < context.now_ms()) LUMENFLOW_TRY(context.store().erase(item.key));
  }
  return context.store().put(std::string(kernel::kMintedPrefix) + claims.id, claims.expires_at.ms);
}

// The conductor's next token: with the scopes of the one that counts, no others, and not where that was revoked.
pack::ToolResult renew(const WorkspaceKeys& keys, const std::string& workspace_id, pack::ToolContext& context) {
  if (context.subject() != workspace_id)
    return pack::ToolError{
        "TOKEN_SCOPE_DENIED", "the workspace renews this by itself; `lumenflow enroll` begins anew", {}};
  const std::string subject = kernel::conductor_subject(workspace_id);
  const std::string key = std::string(kernel::kGrantPrefix) + subject;
  const auto grant = context.store().get(key);
  if (!grant.ok()) return kernel::refused(grant.error());
  if (!*grant) return pack::ToolError{"NOT_FOUND", "nothing was minted for a conductor", {}};
  for (const std::string& id : {std::string(json::string_or(**grant, "token_id", "")), subject}) {
    const auto revoked = context.store().get(std::string(kernel::kRevokedPrefix) + id);
    if (!revoked.ok()) return kernel::refused(revoked.error());
    if (*revoked) return pack::ToolError{"TOKEN_REVOKED", "what was minted for the conductor was revoked", {}};
  }
  http::TokenClaims claims;
  claims.issuer = workspace_id;
  claims.subject = subject;
  claims.audience = "sidecar";
  if (const Value* scopes = (*grant)->find("scopes"); scopes != nullptr && scopes->is_array())
    for (const Value& scope : scopes->as_array())
      if (const std::string* name = scope.if_string()) claims.scopes.push_back(*name);
  claims.issued_at = {context.now_ms() / 1000 * 1000};
  claims.expires_at = claims.issued_at + kTokenLife;
  claims.id = context.new_ulid();
  const Result<std::string> token = http::mint_token(claims, keys.token_private_pem, keys.token_key_id);
  if (!token.ok()) return kernel::refused(token.error());
  Status kept = context.store().put(
      key, kernel::grant_record(claims.scopes, claims.id, {claims.issued_at, claims.expires_at, false}));
  if (kept.ok()) kept = note_minted(context, claims);
  if (!kept.ok()) return kernel::refused(kept.error());
  return pack::ToolOutput{
      Object{{"token", *token}, {"token_id", claims.id}, {"expires_at", format_rfc3339(claims.expires_at)}}, {}};
}

pack::ToolResult mint(const WorkspaceKeys& keys, const std::string& workspace_id, pack::ToolContext& context,
                      const Value& input) {
  const std::string scope_text(json::string_or(input, "scope", "workspace"));
  Result<std::vector<std::string>> scopes = parse_scopes(scope_text);
  if (!scopes.ok()) return kernel::refused(scopes.error());
  http::TokenClaims claims;
  claims.issuer = workspace_id;
  claims.subject = json::string_or(input, "subject", workspace_id);
  if (claims.subject != workspace_id && !claims.subject.starts_with(workspace_id + ":"))
    return pack::ToolError{
        "INVALID_INPUT",
        "a subject of this workspace is '" + workspace_id + "' or starts with '" + workspace_id + ":'",
        {}};
  claims.audience = json::string_or(input, "audience", "sidecar");
  claims.scopes = *std::move(scopes);
  claims.issued_at = {context.now_ms() / 1000 * 1000};
  claims.expires_at = claims.issued_at + std::chrono::seconds(json::integer_or(
                                             input, "ttl_seconds", std::chrono::seconds(kTokenLife).count()));
  claims.id = context.new_ulid();
  const Result<std::string> token = http::mint_token(claims, keys.token_private_pem, keys.token_key_id);
  if (!token.ok()) return kernel::refused(token.error());
  // What comes over the conductor from a device has these rights from now on, and no others; what comes from the
  // conductor, once it is enrolled with (kernel:enroll).
  const bool of_conductor = claims.subject == kernel::conductor_subject(workspace_id);
  const bool relayed = of_conductor || claims.subject.starts_with(kernel::device_subject(workspace_id, ""));
  if (relayed && claims.audience == "sidecar") {
    const std::string key =
        of_conductor ? std::string(kernel::kOfferedKey) : std::string(kernel::kGrantPrefix) + claims.subject;
    const kernel::GrantLife life{claims.issued_at, claims.expires_at, true};  // with the enrollment that counts it
    const Value grant = of_conductor ? kernel::grant_record(claims.scopes, claims.id, life)
                                     : kernel::grant_record(claims.scopes, claims.id);
    const Status kept = context.store().put(key, grant);
    if (!kept.ok()) return kernel::refused(kept.error());
  }
  if (of_conductor) {
    const Status noted = note_minted(context, claims);
    if (!noted.ok()) return kernel::refused(noted.error());
  }
  return pack::ToolOutput{Object{{"token", *token},
                                 {"token_id", claims.id},
                                 {"subject", claims.subject},
                                 {"scope", scope_text},
                                 {"audience", claims.audience},
                                 {"expires_at", format_rfc3339(claims.expires_at)}},
                          {}};
}

// The record outlives every token it could be about: a year, the longest life that mint allows.
pack::ToolResult revoke(pack::ToolContext& context, const Value& input) {
  const std::string token_id(json::string_or(input, "token_id", ""));
  const Timestamp forget_at = Timestamp{context.now_ms()} + std::chrono::hours(24 * 366);
  const Status status = context.store().put(std::string(kernel::kRevokedPrefix) + token_id, forget_at.ms);
  if (!status.ok()) return kernel::refused(status.error());
  return pack::ToolOutput{Object{{"token_id", token_id}, {"revoked", true}}, {}};
}

}  // namespace

Result<std::vector<kernel::KernelTool>> make_token_tools(const WorkspaceKeys& keys, const std::string& workspace_id) {
  kernel::KernelToolSpec mint_spec;
  mint_spec.name = "kernel:token_mint";
  mint_spec.title = "Mint a token";
  mint_spec.description = "Signs a bearer token for this workspace's surfaces.";
  mint_spec.scope = "tools:admin";
  mint_spec.input_schema = kMintInput;
  mint_spec.output_schema = kMintOutput;
  kernel::KernelToolSpec revoke_spec = mint_spec;
  revoke_spec.name = "kernel:token_revoke";
  revoke_spec.title = "Revoke a token";
  revoke_spec.description =
      "Refuses a token of this id from now on, on every surface, whether or not it was ever minted.";
  revoke_spec.input_schema = kRevokeInput;
  revoke_spec.output_schema = kRevokeOutput;

  kernel::KernelToolSpec renew_spec = mint_spec;
  renew_spec.name = "kernel:conductor_token";
  renew_spec.title = "Renew what the conductor holds";
  renew_spec.description =
      "Signs the conductor's next token, with the scopes of the one that counts; the sidecar asks for it by itself.";
  renew_spec.input_schema = R"({"type": "object", "additionalProperties": false})";
  renew_spec.output_schema = kRenewOutput;
  renew_spec.operator_key = false;

  std::vector<kernel::KernelTool> tools;
  LUMENFLOW_TRY_ASSIGN(
      kernel::KernelTool renew_tool,
      kernel::make_kernel_tool(renew_spec, [&keys, workspace_id](pack::ToolContext& context, const Value&) {
        return renew(keys, workspace_id, context);
      }));
  const auto mint_handler = [&keys, workspace_id](pack::ToolContext& context, const Value& input) {
    return mint(keys, workspace_id, context, input);
  };
  LUMENFLOW_TRY_ASSIGN(kernel::KernelTool mint_tool, kernel::make_kernel_tool(mint_spec, mint_handler));
  LUMENFLOW_TRY_ASSIGN(kernel::KernelTool revoke_tool, kernel::make_kernel_tool(revoke_spec, revoke));
  tools.push_back(std::move(renew_tool));
  tools.push_back(std::move(mint_tool));
  tools.push_back(std::move(revoke_tool));
  return tools;
}

}  // namespace lumenflow::sidecar
