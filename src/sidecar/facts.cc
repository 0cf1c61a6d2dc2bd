#include "sidecar/facts.h"

#include <utility>

#include "kernel/accepted.h"
#include "kernel/kernel.h"
#include "pack/folder.h"
#include "sidecar/workspace.h"

namespace lumenflow::sidecar {
namespace {

json::Object describe_origin(const std::string& id, const pack::PackOrigin& origin, std::string_view status) {
  return json::Object{{"id", id}, {"status", status}, {"source", origin.source}, {"integrity", origin.integrity}};
}

json::Object describe_kind(const pack::Manifest& manifest, const std::string& kind) {
  json::Object item{{"kind", kind}, {"pack", manifest.id}, {"version", manifest.version}};
  const auto pressure = manifest.backpressure_policy.find(kind);
  const bool queued = pressure != manifest.backpressure_policy.end() && pressure->second == event::EventClass::kQueue;
  item.set("class", queued ? "queue" : "ephemeral");
  const json::Value* schemas = manifest.raw.find("event_schemas");
  const json::Value* schema = schemas != nullptr && schemas->is_object() ? schemas->find(kind) : nullptr;
  if (schema != nullptr && schema->is_object()) item.set("schema", *schema);
  return item;
}

}  // namespace

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

json::Value packs_document(const pack::Registry& registry, const pack::Diagnostics& changed) {
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

WorkspaceFacts facts_of(Workspace& workspace) {
  const kernel::Kernel& kernel = workspace.kernel();
  const log::Condition condition = workspace.log().condition();
  WorkspaceFacts facts{
      kernel.shared_registry(),
      workspace.diagnostics(),
      {{"configuration", json::Object{{"hash", workspace.config().hash},
                                      {"production", workspace.config().production},
                                      {"tampered", kernel.tampered()}}},
       {"operator_key", json::Object{{"thumbprint", kernel::thumbprint_of(kernel.operator_public_pem())},
                                     {"replaced", kernel.replaced_operator_key()}}},
       {"journal", json::Object{{"damaged", condition.damaged},
                                {"what", condition.what},
                                {"first_affected", condition.first_affected},
                                {"read_only", condition.read_only},
                                {"available", kernel.journal_available()}}}}};
  json::Object recording = workspace.recordings().status(kernel);
  if (json::string_or(json::Value(recording), "state", "") == "failed")
    facts.standing.set("recording", std::move(recording));
  return facts;
}

json::Value diagnostics_document(const WorkspaceFacts& facts, const pack::Diagnostics& changed) {
  pack::Diagnostics all = facts.diagnostics;
  all.append(changed);
  json::Object document{{"items", pack::render_json(all)}, {"next", nullptr}};
  for (const json::Member& member : facts.standing) document.set(member.key, member.value);
  return json::Value(std::move(document));
}

json::Value kinds_document(const pack::Registry& registry) {
  json::Array kinds, types;
  for (const auto& pack : registry.packs()) {
    const pack::Manifest& manifest = pack->manifest;
    for (const std::string& kind : manifest.emitted_event_kinds) kinds.push_back(describe_kind(manifest, kind));
    if (manifest.event_types == nullptr) continue;
    for (const catalogue::Declaration& declared : *manifest.event_types)
      types.push_back(
          json::Object{{"type", declared.event.type}, {"pack", manifest.id}, {"version", declared.event.version}});
  }
  return json::Object{{"kinds", std::move(kinds)}, {"event_types", std::move(types)}};
}

}  // namespace lumenflow::sidecar
