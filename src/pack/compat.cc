#include "pack/compat.h"

#include <algorithm>

#include "pack/schema_compat.h"

namespace lumenflow::pack {
namespace {

class Changes {
 public:
  std::vector<PackChange> found;

  void breaks(const std::string& subject, std::string what) { found.push_back({true, subject, std::move(what)}); }
  void adds(const std::string& subject, std::string what) { found.push_back({false, subject, std::move(what)}); }

  // What is given must be taken: the old input by the new schema, the new output by the old.
  void schema(const std::string& subject, const std::string& name, const json::Value& taken_by,
              const json::Value& given) {
    for (const SchemaDifference& difference : not_taken_by(taken_by, given))
      breaks(subject,
             name + " " + (difference.pointer.empty() ? "as a whole" : difference.pointer) + " " + difference.what);
  }

  void more(const std::string& subject, const std::string& what, const std::vector<std::string>& before,
            const std::vector<std::string>& after) {
    for (const std::string& each : after)
      if (std::ranges::find(before, each) == before.end()) breaks(subject, what + " " + each);
  }
};

std::vector<std::string> texts(const std::vector<Scope>& scopes) {
  std::vector<std::string> out;
  for (const Scope& scope : scopes) out.push_back(json::serialize(scope.raw));
  return out;
}

const ToolDescriptor* find_tool(const Manifest& manifest, std::string_view name) {
  const auto found = std::ranges::find(manifest.tools, name, &ToolDescriptor::name);
  return found == manifest.tools.end() ? nullptr : &*found;
}

void compare_tool(Changes& changes, const ToolDescriptor& before, const ToolDescriptor& after) {
  const std::string subject = "tool " + before.name;
  changes.schema(subject, "the input", after.input_schema, before.input_schema);
  changes.schema(subject, "the output", before.output_schema, after.output_schema);
  if (after.permission > before.permission)
    changes.breaks(subject, "the permission is raised from " + std::string(name(before.permission)) + " to " +
                                std::string(name(after.permission)));
  if (after.scope != before.scope)
    changes.breaks(subject, "callers need the scope " + after.scope + " instead of " + before.scope);
  changes.more(subject, "it needs the further scope", texts(before.required_scopes), texts(after.required_scopes));
  changes.more(subject, "it asks for the further approval", before.required_approvals, after.required_approvals);
  changes.more(subject, "it needs the further variable", before.required_env, after.required_env);
  changes.more(subject, "it no longer answers to", after.aliases, before.aliases);
  if (after.internal_only && !before.internal_only) changes.breaks(subject, "no surface shows it any more");
  if (before.idempotent && !after.idempotent) changes.breaks(subject, "it is not idempotent any more");
  if (after.mcp_name != before.mcp_name) changes.breaks(subject, "MCP knows it by another name");
}

// The tool that took its place, as far as can be told.
std::string renamed_to(const Manifest& before, const Manifest& after, const ToolDescriptor& gone) {
  for (const ToolDescriptor& tool : after.tools)
    if (find_tool(before, tool.name) == nullptr && tool.input_schema == gone.input_schema &&
        tool.output_schema == gone.output_schema && tool.permission == gone.permission)
      return ", perhaps renamed to " + tool.name;
  return {};
}

// The schema of a kind's payload; null when there is none.
json::Value payload_schema(const Manifest& manifest, const PackFiles& files, const std::string& kind) {
  const json::Value* schemas = manifest.raw.find("event_schemas");
  const json::Value* schema = schemas == nullptr ? nullptr : schemas->find(kind);
  if (schema == nullptr) return {};
  if (!schema->is_string()) return *schema;
  const Result<std::string> text = files.read(schema->as_string());
  Result<json::Value> parsed = text.ok() ? json::parse(*text) : Result<json::Value>(text.error());
  return parsed.ok() ? *std::move(parsed) : json::Value();
}

std::string_view class_name(event::EventClass event_class) {
  return event_class == event::EventClass::kQueue ? "queue" : "ephemeral";
}

}  // namespace

std::vector<PackChange> compare_packs(const Manifest& before, const PackFiles& files_before, const Manifest& after,
                                      const PackFiles& files_after) {
  Changes changes;
  if (after.id != before.id) changes.breaks("pack", "the id is " + after.id + " instead of " + before.id);
  if (after.slug != before.slug) changes.breaks("pack", "the slug is " + after.slug + " instead of " + before.slug);
  changes.more("pack", "it needs the further surface", before.surfaces_required, after.surfaces_required);
  changes.more("pack", "it may ask for the further approval", before.required_approvals, after.required_approvals);
  for (const ToolDescriptor& tool : before.tools) {
    if (tool.internal_only) continue;
    if (const ToolDescriptor* now = find_tool(after, tool.name); now != nullptr)
      compare_tool(changes, tool, *now);
    else
      changes.breaks("tool " + tool.name, "it is gone" + renamed_to(before, after, tool));
  }
  for (const ToolDescriptor& tool : after.tools)
    if (find_tool(before, tool.name) == nullptr) changes.adds("tool " + tool.name, "it is new");
  for (const std::string& kind : before.emitted_event_kinds) {
    const std::string subject = "kind " + kind;
    if (std::ranges::find(after.emitted_event_kinds, kind) == after.emitted_event_kinds.end()) {
      changes.breaks(subject, "it is emitted no more");
      continue;
    }
    const auto was = before.backpressure_policy.find(kind), is = after.backpressure_policy.find(kind);
    if (was != before.backpressure_policy.end() && is != after.backpressure_policy.end() && was->second != is->second)
      changes.breaks(subject, "its class is " + std::string(class_name(is->second)) + " instead of " +
                                  std::string(class_name(was->second)));
    const json::Value schema = payload_schema(before, files_before, kind);
    const json::Value now = payload_schema(after, files_after, kind);
    if (!schema.is_null()) changes.schema(subject, "the payload", schema, now.is_null() ? json::Value(true) : now);
  }
  for (const std::string& kind : after.emitted_event_kinds)
    if (std::ranges::find(before.emitted_event_kinds, kind) == before.emitted_event_kinds.end())
      changes.adds("kind " + kind, "it is new");
  if (!before.config_key.empty()) {
    const std::string subject = "config " + before.config_key;
    if (after.config_key != before.config_key)
      changes.breaks(subject, after.config_key.empty() ? "it is read no more" : "it is called " + after.config_key);
    else if (!after.config_schema_source.is_null())
      changes.schema(subject, "the value", after.config_schema_source,
                     before.config_schema_source.is_null() ? json::Value(true) : before.config_schema_source);
  }
  std::ranges::stable_sort(changes.found, {}, [](const PackChange& change) { return !change.breaking; });
  return std::move(changes.found);
}

}  // namespace lumenflow::pack
