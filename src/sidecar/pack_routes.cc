// GET /packs, /diagnostics: what is loaded, what is not, and why.
#include <memory>
#include <utility>

#include "sidecar/facts.h"
#include "sidecar/routes.h"

namespace lumenflow::sidecar {
namespace {

using RegistryPtr = std::shared_ptr<const pack::Registry>;  // shared: it may be replaced while its sources are read

// Reads the sources off the strand, then answers on it.
void with_changed_sources(const ExchangePtr& exchange, RouteContext& context,
                          std::function<void(const pack::Registry&, const pack::Diagnostics&)> answer) {
  const RegistryPtr registry = context.workspace.kernel().shared_registry();
  const auto look = [registry, answer, &context, exchange] {
    const pack::Diagnostics changed = changed_sources(*registry);
    context.post([registry, answer, changed, exchange] { answer(*registry, changed); });
  };
  if (!context.workspace.executor().post(look)) answer(*registry, {});
}

}  // namespace

void add_pack_routes(Routes& routes, RouteContext& context) {
  routes.add({.pattern = "/packs",
              .scope = "tools:read",
              .id = "list_packs",
              .summary = "Packs that are active, and those that were refused",
              .answers = {{200, "PackList"}}},
             [&context](const ExchangePtr& exchange) {
               with_changed_sources(exchange, context,
                                    [exchange](const pack::Registry& registry, const pack::Diagnostics& changed) {
                                      exchange->send_json(packs_document(registry, changed));
                                    });
             });
  routes.add({.pattern = "/diagnostics",
              .scope = "tools:read",
              .id = "list_diagnostics",
              .summary = "What is wrong with the configuration, the packs and the journal",
              .answers = {{200, "DiagnosticList"}}},
             [&context](const ExchangePtr& exchange) {
               with_changed_sources(exchange, context,
                                    [exchange, &context](const pack::Registry&, const pack::Diagnostics& changed) {
                                      exchange->send_json(diagnostics_document(facts_of(context.workspace), changed));
                                    });
             });
}

}  // namespace lumenflow::sidecar
