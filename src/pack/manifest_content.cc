// What a pack brings besides tools and events: task types, lanes, its section of lumenflow.yaml, surfaces.
#include <algorithm>
#include <set>

#include "pack/manifest_parts.h"
#include "pack/names.h"

namespace lumenflow::pack::manifest_parts {
namespace {

constexpr std::string_view kTaskStates[] = {"ready", "active", "blocked", "waiting", "done"};
constexpr std::string_view kSurfaces[] = {"http", "mcp", "sidekick-channel"};

void read_state_aliases(Context& context) {
  const json::Object* aliases = context.root.map("state_aliases");
  if (aliases == nullptr) return;
  for (const json::Member& member : *aliases) {
    const std::string pointer = child_pointer(context.root.pointer_to("state_aliases"), member.key);
    const std::string* state = member.value.if_string();
    if (state == nullptr) {
      context.report.wrong_type(pointer, "a string", member.value);
    } else if (std::ranges::find(kTaskStates, *state) == std::end(kTaskStates)) {
      context.report.not_one_of(context.report.codes().bad, pointer, *state, kTaskStates);
    } else {
      context.manifest.state_aliases.emplace(member.key, *state);
    }
  }
}

void read_lanes(Context& context) {
  std::set<std::string> ids;
  for_each_entry(context.root, "lane_templates", "a lane template", [&](Fields& lane) {
    read_unique(lane, "id", ids);
    lane.text("title");
    lane.text("description");
  });
}

void read_configuration(Context& context) {
  Manifest& manifest = context.manifest;
  manifest.config_key = context.root.text_or("config_key");
  if (!manifest.config_key.empty() && !is_config_key(manifest.config_key))
    context.report.bad("/config_key", shown(json::Value(manifest.config_key)) + " is no root key of lumenflow.yaml",
                       "lower-case words joined by single underscores: 'acme_demo'");
  manifest.config_reads = context.root.texts("config_reads");
  for (std::size_t i = 0; i < manifest.config_reads.size(); ++i)
    if (const std::string& key = manifest.config_reads[i]; key != "gates" && key != "routines")
      context.report.bad(child_pointer("/config_reads", i), shown(json::Value(key)) + " is no key that packs may read",
                         "name 'gates' or 'routines'");
  const json::Value* schema = context.root.find("config_schema");
  if (schema == nullptr) return;
  if (!context.root.find("config_key"))
    context.report.at_key("LF1003", "/config_schema", "'config_schema' needs the 'config_key' whose value it describes",
                          "add 'config_key:'");
  auto loaded = read_schema(context, *schema, "/config_schema", false);
  if (!loaded) return;
  manifest.config_schema = std::move(loaded->schema);
  manifest.config_schema_source = std::move(loaded->value);
}

void read_surfaces(Context& context) {
  if (context.root.find("surfaces_required") == nullptr) return;
  const std::vector<std::string> surfaces = context.root.texts("surfaces_required");
  for (std::size_t i = 0; i < surfaces.size(); ++i)
    if (std::ranges::find(kSurfaces, surfaces[i]) == std::end(kSurfaces))
      context.report.not_one_of("LF1030", child_pointer("/surfaces_required", i), surfaces[i], kSurfaces);
  context.manifest.surfaces_required = surfaces;
}

}  // namespace

void read_content(Context& context) {
  context.manifest.task_types = context.root.texts("task_types");
  context.manifest.evidence_types = context.root.texts("evidence_types");
  read_state_aliases(context);
  read_lanes(context);
  read_configuration(context);
  read_mcp_content(context);
  read_surfaces(context);
  read_event_types(context);
}

}  // namespace lumenflow::pack::manifest_parts
