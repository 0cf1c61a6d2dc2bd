// GET /metrics, /healthz, /readyz.
#include "sidecar/metrics.h"
#include "sidecar/routes.h"
#include "sidecar/version.h"

namespace lumenflow::sidecar {
namespace {

void show_ready(const ExchangePtr& exchange, RouteContext& context) {
  const kernel::Kernel& kernel = context.workspace.kernel();
  if (kernel.draining()) return exchange->fail(Error(ErrorCode::kDraining, "the sidecar is shutting down"));
  if (!kernel.journal_available())
    return exchange->fail(Error(ErrorCode::kJournalUnavailable, "the journal cannot be written"));
  exchange->send_json(json::Object{{"status", "ready"}, {"version", kVersion}});
}

}  // namespace

void add_status_routes(Routes& routes, RouteContext& context) {
  routes.add({.pattern = "/metrics",
              .scope = "metrics:read",
              .id = "metrics",
              .summary = "Counters and gauges for Prometheus",
              .media_type = "text/plain"},
             [&context](const ExchangePtr& exchange) {
               if (!context.workspace.config().metrics)
                 return exchange->fail(Error(ErrorCode::kNotFound, "lumenflow.yaml says 'telemetry: {metrics: off}'"));
               http::Response response;
               response.content_type = "text/plain; version=0.0.4; charset=utf-8";
               response.body = context.metrics.render(context.workspace, context.uplink, context.housekeeping,
                                                      context.connections());
               exchange->send(std::move(response));
             });
  routes.add({.pattern = "/healthz", .id = "health", .summary = "It runs", .access = Access::kOpen},
             [](const ExchangePtr& exchange) {
               exchange->send_json(json::Object{{"status", "alive"}, {"version", kVersion}});
             });
  routes.add({.pattern = "/readyz",
              .id = "ready",
              .summary = "It takes calls: it is not draining, and the journal can be written",
              .access = Access::kOpen},
             [&context](const ExchangePtr& exchange) { show_ready(exchange, context); });
}

}  // namespace lumenflow::sidecar
