// POST and DELETE /v2/session: operators sign in and out.
#include <utility>

#include "base/encoding.h"
#include "base/passphrase.h"
#include "conductor/authenticator.h"
#include "conductor/context.h"
#include "conductor/operators.h"
#include "conductor/sign_ins.h"

namespace lumenflow::conductor {
namespace {

std::string cookie_header(const Context& context, std::string_view value, std::chrono::seconds life) {
  std::string header = std::string(kCookie) + "=" + std::string(value) +
                       "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(life.count());
  if (context.secure) header += "; Secure";
  return header;
}

// The session of an operator whose passphrase held.
void open_session(Context& context, const ExchangePtr& exchange, const std::string& name,
                  const std::string& operator_record) {
  const Role role = role_from_name(json::string_or(*json::parse(operator_record), "role", "")).value_or(Role::kViewer);
  std::string secret;
  for (int i = 0; i < 2; ++i) {
    const auto drawn = context.random.draw16();
    secret += as_chars(drawn);
  }
  const std::string cookie = to_base64url(secret);
  const Timestamp expires = context.clock.now() + kSessionLife;
  const json::Object record{
      {"operator", name}, {"credential", credential_of(operator_record)}, {"expires_ms", expires.ms}};
  std::vector<RecordChange> changes{{kSessionsTable, session_key(cookie), 0, json::serialize(record)}};
  Act act{"conductor.signed_in", "operator:" + name, {}, {}};
  act.details = {{"address", exchange->request().peer.address}};
  context.acts.change(std::move(changes), act, [&context, exchange, cookie, name, role, expires](const Status& done) {
    if (!done.ok()) return refuse(context, exchange, done.error());
    http::Response response;
    response.headers.emplace_back("Set-Cookie", cookie_header(context, cookie, kSessionLife));
    response.headers.emplace_back("Cache-Control", "no-store");
    response.body = json::serialize(json::Object{{"name", name},
                                                 {"role", conductor::name(role)},
                                                 {"csrf", csrf_of(cookie)},
                                                 {"expires_at", format_rfc3339(expires)}});
    exchange->send(std::move(response));
  });
}

void sign_in(const ExchangePtr& exchange, Context& context) {
  const auto body = body_of(context, exchange);
  if (!body) return;
  const std::string name(json::string_or(*body, "name", "")), passphrase(json::string_or(*body, "passphrase", ""));
  if (name.empty() || passphrase.empty() || passphrase.size() > kPassphraseBytesMax)
    return refuse(context, exchange, Error(ErrorCode::kInvalidRequest, "give {name, passphrase}"));
  const auto found = context.store.records->get(kOperatorsTable, name);
  if (!found.ok()) return exchange->fail(found.error());
  const std::string record = *found ? (*found)->value : std::string();
  const std::string address = address_group(exchange->request().peer.address);
  const std::string tried = is_workspace_id(name) ? name : "(no name)";
  const auto wait = context.sign_ins->wait(tried, address);
  if (!wait.ok()) return exchange->fail(wait.error());
  if (wait->count() > 0)
    return refuse(context, exchange,
                  Error(ErrorCode::kRateLimited,
                        "the passphrase of this account was wrong too often from this address; try again in " +
                            std::to_string(wait->count() / 1000 + 1) + " s"),
                  tried);
  const auto told = [&context, exchange, name, record, address, tried](bool holds) {
    SignIns& sign_ins = *context.sign_ins;
    const Status counted =
        holds ? sign_ins.succeeded(tried, address) : sign_ins.failed(tried, !record.empty(), address);
    if (!counted.ok()) return exchange->fail(counted.error());
    if (!holds)
      return refuse(context, exchange, Error(ErrorCode::kUnauthenticated, "the name or the passphrase is wrong"),
                    tried);
    open_session(context, exchange, name, record);
  };
  const bool taken = context.sign_ins->ask(
      address, [passphrase, record] { return passphrase_holds(record, passphrase); }, told);
  if (!taken) refuse(context, exchange, Error(ErrorCode::kRateLimited, "too many sign in at once; try again"));
}

void sign_out(const ExchangePtr& exchange, Context& context) {
  const auto session = context.store.records->get(kSessionsTable, exchange->principal.session);
  if (!session.ok()) return exchange->fail(session.error());
  std::vector<RecordChange> changes;
  if (*session) changes.push_back({kSessionsTable, (*session)->key, (*session)->version, std::nullopt});
  const Act act{"conductor.signed_out", exchange->principal.subject, {}, {}};
  ++context.revocations;
  context.acts.change(std::move(changes), act, [&context, exchange](const Status& done) {
    if (!done.ok()) return refuse(context, exchange, done.error());
    http::Response response;
    response.headers.emplace_back("Set-Cookie", cookie_header(context, "", std::chrono::seconds(0)));
    response.body = R"({"signed_out":true})";
    exchange->send(std::move(response));
  });
}

void show_session(const ExchangePtr& exchange) {
  http::Response response;
  response.headers.emplace_back("Cache-Control", "no-store");
  response.body = json::serialize(
      json::Object{{"name", exchange->principal.name},
                   {"role", name(exchange->principal.role)},
                   // A page that is loaded anew has the cookie alone; no other origin can read this answer.
                   {"csrf", csrf_of(cookie_of(exchange->request()).value_or(""))},
                   {"expires_at", format_rfc3339(*exchange->principal.expires_at)}});
  exchange->send(std::move(response));
}

}  // namespace

void add_session_routes(Routes& routes, Context& context) {
  routes.add({.method = http::Method::kPost,
              .pattern = "/v2/session",
              .id = "sign_in",
              .summary = "Sign in with name and passphrase; sets the session's cookie",
              .request = "SignIn",
              .answers = {{200, "OpenedSession"}},
              .door = Door::kSignIn},
             [&context](const ExchangePtr& exchange) { sign_in(exchange, context); });
  routes.add({.pattern = "/v2/session",
              .id = "show_session",
              .summary = "Who is signed in",
              .answers = {{200, "Session"}},
              .who = kOperators},
             [](const ExchangePtr& exchange) { show_session(exchange); });
  routes.add({.method = http::Method::kDelete,
              .pattern = "/v2/session",
              .id = "sign_out",
              .summary = "Sign out",
              .answers = {{200, "SignedOut"}},
              .who = kOperators},
             [&context](const ExchangePtr& exchange) { sign_out(exchange, context); });
}

}  // namespace lumenflow::conductor
