// Whether it runs, whether it can work, its keys, its own head, its figures.
#include "base/encoding.h"
#include "conductor/authenticator.h"
#include "conductor/context.h"
#include "conductor/enrollment.h"
#include "conductor/metrics.h"
#include "conductor/tables.h"
#include "log/checkpoint.h"
#include "log/witness.h"

namespace lumenflow::conductor {
namespace {

void ready(const ExchangePtr& exchange, Context& context) {
  const log::Condition condition = context.ledger.log().condition();
  if (context.closing) return exchange->fail(Error(ErrorCode::kDraining, "the conductor is shutting down"));
  if (condition.damaged) return exchange->fail(Error(ErrorCode::kJournalDamaged, condition.what));
  if (const auto found = context.store.records->get(kOperatorsTable, "-"); !found.ok())
    return exchange->fail(found.error());
  if (context.ledger.last_commit().ok()) return exchange->send_json(json::Object{{"ready", true}});
  // Whether it can be written again is known by writing.
  if (const Status put = context.ledger.put(kGuesses, "-", std::string(16, '\0')); !put.ok())
    return exchange->fail(put.error());
  context.ledger.when_durable([exchange](const Status& done) {
    if (!done.ok()) return exchange->fail(done.error());
    exchange->send_json(json::Object{{"ready", true}});
  });
}

void own_head(const ExchangePtr& exchange, Context& context) {
  const auto head = context.ledger.sign_head();
  if (!head.ok()) return exchange->fail(head.error());
  const ConductorKeys& keys = context.store.keys;
  const std::string log_id = head->head.log_id;
  exchange->send_json(json::Object{{"checkpoint", head->note},
                                   {"size", head->head.size},
                                   {"origin", log::checkpoint_origin(log_id)},
                                   {"public_key", to_base64(keys.log.public_key)},
                                   {"witness_key", log::witness_key(witness_name(log_id), keys.witness.public_key)}});
}

}  // namespace

void add_status_routes(Routes& routes, Context& context) {
  routes.add({.pattern = "/healthz", .id = "healthz", .summary = "It runs", .answers = {{200, "Health"}}},
             [](const ExchangePtr& exchange) {
               exchange->send_json(json::Object{{"ok", true}});
             });
  routes.add({.pattern = "/readyz",
              .id = "readyz",
              .summary = "It can work: log and records answer",
              .answers = {{200, "Readiness"}}},
             [&context](const ExchangePtr& exchange) { ready(exchange, context); });
  routes.add({.pattern = "/.well-known/jwks.json",
              .id = "jwks",
              .summary = "The keys that tokens verify with (RFC 7517)",
              .answers = {{200, "Jwks"}}},
             [&context](const ExchangePtr& exchange) {
               const auto jwks = jwks_of(context.store.keys);
               if (!jwks.ok()) return exchange->fail(jwks.error());
               exchange->send_json(*jwks);
             });
  routes.add({.pattern = "/v2/head",
              .id = "own_head",
              .summary = "The signed head of the conductor's own log, and the keys it is verified with",
              .answers = {{200, "OwnHead"}},
              .who = kOperators | kWorkspaces | kDevices},
             [&context](const ExchangePtr& exchange) { own_head(exchange, context); });
  routes.add({.pattern = "/metrics",
              .id = "metrics",
              .summary = "What Prometheus scrapes",
              .who = kOperators | kDevices,
              .scope = "metrics:read",
              .media_type = "text/plain"},
             [&context](const ExchangePtr& exchange) {
               http::Response response;
               response.content_type = "text/plain; version=0.0.4; charset=utf-8";
               response.body = context.metrics->render(context);
               exchange->send(std::move(response));
             });
}

}  // namespace lumenflow::conductor
