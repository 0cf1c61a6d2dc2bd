// GET /packs, /diagnostics: what is loaded, what is not, and why.
#include <memory>
#include <utility>

#include "kernel/accepted.h"
#include "pack/folder.h"
#include "sidecar/routes.h"

namespace lumenflow::sidecar {
namespace {

using RegistryPtr = std::shared_ptr<const pack::Registry>;  // shared: it may be replaced while its sources are read

// A local pack whose author has changed it since it was loaded: what runs is still the copy that was made then.
pack::Diagnostics changed_sources(const pack::Registry& registry) {
  pack::Diagnostics found;
  for (const auto& pack : registry.packs()) {
    const pack::PackOrigin& origin = pack->origin;
    if (origin.source_folder.empty()) continue;
    const Result<pack::FolderContent> now = pack::read_folder(origin.source_folder);
    if (now.ok() && now->integrity == origin.integrity) continue;
    found.add("LF1040", {join_path(origin.source_folder, "manifest.yaml"), 0, 0},
              "the pack '" + pack->manifest.id + "' was changed since it was loaded" +
                  (now.ok() ? ", to " + now->integrity : ": " + now.error().message()) + "; what runs is " +
                  origin.integrity,
              "`lumenflow reload` takes the change up; a pin of its old content must be changed first");
  }
  return found;
}

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

json::Object describe_origin(const std::string& id, const pack::PackOrigin& origin, std::string_view status) {
  return json::Object{{"id", id}, {"status", status}, {"source", origin.source}, {"integrity", origin.integrity}};
}

json::Value describe_packs(const pack::Registry& registry, const pack::Diagnostics& changed) {
  json::Array items;
  for (const auto& pack : registry.packs()) {
    json::Array tools;
    for (const pack::ToolDescriptor& tool : pack->manifest.tools) tools.push_back(tool.name);
    json::Object item = describe_origin(pack->manifest.id, pack->origin, "active");
    item.set("version", pack->manifest.version);
    item.set("title", pack->manifest.title);
    item.set("tools", std::move(tools));
    const std::string manifest = join_path(pack->origin.source_folder, "manifest.yaml");
    item.set("diagnostics", render_json(changed.of_file(manifest)));
    items.push_back(std::move(item));
  }
  for (const pack::RefusedPack& refused : registry.refused()) {
    json::Object item = describe_origin(refused.id, refused.origin, "refused");
    item.set("diagnostics", pack::render_json(refused.diagnostics));
    items.push_back(std::move(item));
  }
  return json::Object{{"items", std::move(items)}, {"next", nullptr}};
}

json::Value describe_diagnostics(Workspace& workspace, const pack::Diagnostics& changed) {
  pack::Diagnostics all = workspace.diagnostics();
  all.append(changed);
  const log::Condition condition = workspace.log().condition();
  return json::Object{
      {"items", pack::render_json(all)},
      {"next", nullptr},
      {"configuration", json::Object{{"hash", workspace.config().hash},
                                     {"production", workspace.config().production},
                                     {"tampered", workspace.kernel().tampered()}}},
      {"operator_key", json::Object{{"thumbprint", kernel::thumbprint_of(workspace.kernel().operator_public_pem())},
                                    {"replaced", workspace.kernel().replaced_operator_key()}}},
      {"journal", json::Object{{"damaged", condition.damaged},
                               {"what", condition.what},
                               {"first_affected", condition.first_affected},
                               {"read_only", condition.read_only},
                               {"available", workspace.kernel().journal_available()}}}};
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
                                      exchange->send_json(describe_packs(registry, changed));
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
                                      exchange->send_json(describe_diagnostics(context.workspace, changed));
                                    });
             });
}

}  // namespace lumenflow::sidecar
