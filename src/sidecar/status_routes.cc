// GET /packs, /diagnostics, /metrics, /healthz, /readyz.
#include "sidecar/metrics.h"
#include "sidecar/routes.h"
#include "sidecar/version.h"

namespace lumenflow::sidecar {
namespace {

void list_packs(const ExchangePtr& exchange, RouteContext& context) {
  json::Array items;
  for (const auto& pack : context.workspace.registry().packs()) {
    json::Array tools;
    for (const pack::ToolDescriptor& tool : pack->manifest.tools) tools.push_back(tool.name);
    items.push_back(json::Object{{"id", pack->manifest.id},
                                 {"version", pack->manifest.version},
                                 {"title", pack->manifest.title},
                                 {"source", pack->source},
                                 {"integrity", pack->integrity},
                                 {"status", "active"},
                                 {"tools", std::move(tools)}});
  }
  for (const pack::RefusedPack& refused : context.workspace.registry().refused())
    items.push_back(json::Object{
        {"id", refused.id}, {"status", "refused"}, {"diagnostics", pack::render_json(refused.diagnostics)}});
  exchange->send_json(json::Object{{"items", std::move(items)}, {"next", nullptr}});
}

void list_diagnostics(const ExchangePtr& exchange, RouteContext& context) {
  json::Value items = pack::render_json(context.workspace.diagnostics());
  const log::Condition condition = context.workspace.log().condition();
  exchange->send_json(
      json::Object{{"items", std::move(items)},
                   {"next", nullptr},
                   {"journal", json::Object{{"damaged", condition.damaged},
                                            {"what", condition.what},
                                            {"first_affected", condition.first_affected},
                                            {"read_only", condition.read_only},
                                            {"available", context.workspace.kernel().journal_available()}}}});
}

void show_ready(const ExchangePtr& exchange, RouteContext& context) {
  const kernel::Kernel& kernel = context.workspace.kernel();
  if (kernel.draining()) return exchange->fail(Error(ErrorCode::kDraining, "the sidecar is shutting down"));
  if (!kernel.journal_available())
    return exchange->fail(Error(ErrorCode::kJournalUnavailable, "the journal cannot be written"));
  exchange->send_json(json::Object{{"status", "ready"}, {"version", kVersion}});
}

}  // namespace

void add_status_routes(Routes& routes, RouteContext& context) {
  routes.add({.pattern = "/packs",
              .scope = "tools:read",
              .id = "list_packs",
              .summary = "Packs that are active, and those that were refused"},
             [&context](const ExchangePtr& exchange) { list_packs(exchange, context); });
  routes.add({.pattern = "/diagnostics",
              .scope = "tools:read",
              .id = "list_diagnostics",
              .summary = "What is wrong with the configuration, the packs and the journal"},
             [&context](const ExchangePtr& exchange) { list_diagnostics(exchange, context); });
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
               response.body = context.metrics.render(context.workspace, context.uplink, context.connections());
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
