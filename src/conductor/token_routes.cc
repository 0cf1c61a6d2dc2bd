// POST /v2/tokens/renew: a token for one that is over, signed for with the key that was enrolled; and an admin's list.
#include <utility>

#include "base/encoding.h"
#include "base/sealing.h"
#include "conductor/authenticator.h"
#include "conductor/context.h"
#include "conductor/enrollment.h"
#include "conductor/standing.h"
#include "conductor/tables.h"
#include "http/token.h"

namespace lumenflow::conductor {
namespace {

constexpr std::chrono::hours kRenewable{24 * 30};  // after the last token was over
constexpr std::chrono::seconds kAssertionLife{60};
constexpr int kRenewTries = 4;

std::vector<std::string> split_scopes(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    if (space > 0) parts.emplace_back(text.substr(0, space));
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return parts;
}

// The record of whoever renews: of the workspace, or of its device.
struct Renewer {
  std::string table, subject, workspace;
  Record record;
  json::Value value;
};

Result<Renewer> renewer_of(const Context& context, const json::Value& body) {
  Renewer renewer;
  renewer.workspace = json::string_or(body, "workspace_id", "");
  const std::string device(json::string_or(body, "device_id", ""));
  renewer.table = device.empty() ? kWorkspacesTable : kDevicesTable;
  renewer.subject = device.empty() ? renewer.workspace : device_subject(renewer.workspace, device);
  const std::string key = device.empty() ? renewer.workspace : key_of({renewer.workspace, device});
  if (!is_workspace_id(renewer.workspace)) return Error(ErrorCode::kInvalidRequest, "give {workspace_id, assertion}");
  LUMENFLOW_TRY_ASSIGN(auto found, context.store.records->get(renewer.table, key));
  if (!found) return Error(ErrorCode::kUnauthenticated, "nothing of that name is enrolled");
  // A workspace may have enrolled again since it was revoked; its devices have to be paired again.
  const Timestamp since = made_at(*found, device.empty() ? "enrolled_at" : "created_at");
  LUMENFLOW_TRY(check_standing(*context.store.records, renewer.subject, since));
  renewer.record = *std::move(found);
  renewer.value = parsed(renewer.record);
  const std::string_view state = json::string_or(renewer.value, "state", "");
  if (state != "active" && state != "accepted")
    return Error(ErrorCode::kTokenRevoked, renewer.subject + " is " + std::string(state));
  return renewer;
}

Result<http::TokenClaims> check_assertion(const Renewer& renewer, std::string_view assertion, Timestamp now) {
  http::VerifierOptions options;
  options.public_pem = json::string_or(renewer.value, "public_key", "");
  options.issuer = renewer.subject;
  options.audience = "renew";
  options.leeway = kClockLeeway;
  options.cache_max = 0;
  http::TokenVerifier verifier(std::move(options));
  LUMENFLOW_TRY_ASSIGN(const auto claims, verifier.verify(assertion, now));
  if (claims->subject != renewer.subject)
    return Error(ErrorCode::kUnauthenticated, "the assertion is of another subject");
  if (claims->expires_at > claims->issued_at + kAssertionLife)
    return Error(ErrorCode::kUnauthenticated, "an assertion lives for 60 seconds at most");
  if (claims->id.size() > 128) return Error(ErrorCode::kUnauthenticated, "the assertion's id is too long");
  return *claims;
}

// What the workspace gave the device for its own surfaces, while it is good; then it is forgotten.
Status give_workspace_token(const Context& context, json::Object& device, json::Object& answer) {
  const json::Value* sealed = device.find("workspace_token");
  if (sealed == nullptr || sealed->if_string() == nullptr) return {};
  if (json::integer_or(json::Value(device), "workspace_token_until_ms", 0) > context.clock.now().ms) {
    LUMENFLOW_TRY_ASSIGN(std::string token, unseal(*sealed->if_string(), context.store.keys.seal));
    answer.set("workspace_token", std::move(token));
    return {};
  }
  device.erase("workspace_token");
  return {};
}

// What the workspace minted for this conductor's calls, in place of the one that it gave before.
Status take_minted_token(const Context& context, const Renewer& renewer, const json::Value& body, json::Object& record,
                         Timestamp now) {
  const json::Value* token = body.find("token");
  if (token == nullptr) return {};
  if (renewer.table != kWorkspacesTable || token->if_string() == nullptr)
    return Error(ErrorCode::kInvalidRequest, "'token' is what a workspace minted for this conductor");
  LUMENFLOW_TRY_ASSIGN(const MintedToken minted,
                       read_minted_token(*token->if_string(), renewer.workspace,
                                         std::string(json::string_or(renewer.value, "public_key", "")), now));
  keep_minted_token(record, *token->if_string(), minted, context.store.keys.seal, context.random);
  return {};
}

void renew(Context& context, const ExchangePtr& exchange, const json::Value& body, int tries);

Status try_renew(Context& context, const ExchangePtr& exchange, const json::Value& body, int tries) {
  const Timestamp now = context.clock.now();
  LUMENFLOW_TRY_ASSIGN(const Renewer renewer, renewer_of(context, body));
  LUMENFLOW_TRY_ASSIGN(const http::TokenClaims claims,
                       check_assertion(renewer, json::string_or(body, "assertion", ""), now));
  const std::string used = key_of({renewer.subject}) + claims.id;
  LUMENFLOW_TRY_ASSIGN(const auto seen, context.store.records->get(kAssertionsTable, used));
  if (seen) return Error(ErrorCode::kUnauthenticated, "the assertion was used before");
  if (Timestamp{json::integer_or(renewer.value, "token_expires_ms", 0)} + kRenewable <= now)
    return Error(ErrorCode::kTokenExpired, "the last token is over for more than 30 days; enroll again");
  std::vector<std::string> scopes{"workspace"};
  if (renewer.table == kDevicesTable) scopes = split_scopes(json::string_or(renewer.value, "scope", ""));
  LUMENFLOW_TRY_ASSIGN(const Issued issued,
                       issue_token(context.store.keys, renewer.subject, scopes, now, context.random));
  json::Value record = renewer.value;
  record.as_object().set("token_expires_ms", issued.expires_at.ms);
  json::Object answer{{"token", issued.token},
                      {"issued_at", format_rfc3339(issued.issued_at)},
                      {"expires_at", format_rfc3339(issued.expires_at)}};
  LUMENFLOW_TRY(take_minted_token(context, renewer, body, record.as_object(), now));
  LUMENFLOW_TRY(give_workspace_token(context, record.as_object(), answer));
  const json::Object assertion{{"expires_ms", (now + kAssertionLife + kClockLeeway * 2).ms}};
  std::vector<RecordChange> changes{
      {renewer.table, renewer.record.key, renewer.record.version, json::serialize(record)},
      {kAssertionsTable, used, 0, json::serialize(assertion)},
      token_record(issued)};
  Act act{"conductor.token_renewed", renewer.subject, renewer.workspace, {}};
  act.details = {{"token_id", issued.token_id}};
  LUMENFLOW_TRY_ASSIGN(json::Value jwks, jwks_of(context.store.keys));
  answer.set("conductor_jwks", std::move(jwks));
  context.acts.change(std::move(changes), act, [&context, exchange, body, answer, tries](const Status& done) {
    if (!done.ok() && done.error().code() == ErrorCode::kConflict && tries < kRenewTries)
      return renew(context, exchange, body, tries + 1);
    if (!done.ok()) return refuse(context, exchange, done.error());
    exchange->send_json(json::Value(answer));
  });
  return {};
}

void renew(Context& context, const ExchangePtr& exchange, const json::Value& body, int tries) {
  if (const Status tried = try_renew(context, exchange, body, tries); !tried.ok())
    refuse(context, exchange, tried.error());
}

void list_tokens(const ExchangePtr& exchange, Context& context) {
  const auto page = context.store.records->scan(kTokensTable, "", exchange->query("after").value_or(""), 1000);
  if (!page.ok()) return exchange->fail(page.error());
  json::Array items;
  for (const Record& record : *page) {
    json::Value item = parsed(record);
    item.as_object().erase("expires_ms");
    item.as_object().set("token_id", record.key);
    items.push_back(std::move(item));
  }
  exchange->send_json(json::Object{{"items", std::move(items)},
                                   {"next", page->size() == 1000 ? json::Value(page->back().key) : json::Value()}});
}

void revoke_token(const ExchangePtr& exchange, Context& context) {
  const std::string id(exchange->path("token_id")), key = "jti/" + id;
  const auto there = context.store.records->get(kRevokedTable, key);
  if (!there.ok()) return exchange->fail(there.error());
  if (*there) return exchange->send_json(json::Object{{"token_id", id}, {"revoked", true}});
  const json::Object record{{"revoked_ms", context.clock.now().ms}, {"by", exchange->principal.subject}};
  Act act{"conductor.token_revoked", exchange->principal.subject, {}, {}};
  act.details = {{"token_id", id}};
  context.acts.change({{kRevokedTable, key, 0, json::serialize(record)}}, act,
                      [&context, exchange, id](const Status& done) {
                        if (!done.ok()) return refuse(context, exchange, done.error());
                        ++context.revocations;
                        exchange->send_json(json::Object{{"token_id", id}, {"revoked", true}});
                      });
}

}  // namespace

void add_token_routes(Routes& routes, Context& context) {
  routes.add({.method = http::Method::kPost,
              .pattern = "/v2/tokens/renew",
              .id = "renew_token",
              .summary = "A new token, for an assertion signed with the enrolled key",
              .request = "Renewal",
              .answers = {{200, "RenewedToken"}},
              .door = Door::kRenew},
             [&context](const ExchangePtr& exchange) {
               if (const auto body = body_of(context, exchange)) renew(context, exchange, *body, 0);
             });
  routes.add({.pattern = "/v2/tokens",
              .id = "list_tokens",
              .summary = "Tokens that were issued and live",
              .answers = {{200, "TokenPage"}},
              .who = kOperators,
              .role = Role::kAdmin,
              .parameters = {{"after", "string", "from behind this id"}}},
             [&context](const ExchangePtr& exchange) { list_tokens(exchange, context); });
  routes.add({.method = http::Method::kDelete,
              .pattern = "/v2/tokens/{token_id}",
              .id = "revoke_token",
              .summary = "Revoke a token by its id; live streams end within a second",
              .answers = {{200, "RevokedToken"}},
              .who = kOperators,
              .role = Role::kAdmin},
             [&context](const ExchangePtr& exchange) { revoke_token(exchange, context); });
}

}  // namespace lumenflow::conductor
