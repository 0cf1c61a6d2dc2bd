// The parts that parse_manifest is made of; each reads its fields of the root and checks their rules. Private to pack.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "pack/fields.h"
#include "pack/manifest.h"

namespace lumenflow::pack::manifest_parts {

struct Context {  // borrows everything; lives during one parse
  Report& report;
  const PackFiles& files;
  Fields& root;
  Manifest& manifest;
};

// In this order: later parts rely on what earlier ones have read.
void read_identity(Context& context);  // id, slug, version, titles, runtime
void read_events(Context& context);    // kinds, classes, payload schemas, approvals
void read_tools(Context& context);
void read_content(Context& context);  // task types, lanes, configuration, prompts, resources, surfaces
void read_rules(Context& context);    // policies, automations, examples

// Prompts and resources.
void read_mcp_content(Context& context);

// Calls `read` with the fields of every map of a list.
template <class Read>
void for_each_entry(Fields& parent, std::string_view key, const std::string& what, Read read) {
  const json::Array* list = parent.list(key);
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    Fields fields(parent.report(), (*list)[i], child_pointer(parent.pointer_to(key), i), what);
    if (!fields.is_map()) continue;
    read(fields);
    fields.finish();
  }
}

// A required text that no earlier entry of the list has.
void read_unique(Fields& fields, std::string_view key, std::set<std::string>& seen);

// The event manifest that the manifest names, and its schemas.
void read_event_types(Context& context);

// One entry of `required_scopes`, with the rules for a tool of the manifest's runtime. `asks_approval`: each call of
// the tool waits for somebody's approval.
std::optional<Scope> read_tool_scope(Context& context, const json::Value& value, const std::string& pointer,
                                     bool asks_approval);
// The rule between a tool's permission and its scopes.
void check_permission(Context& context, const ToolDescriptor& tool, const std::string& pointer);

struct LoadedSchema {
  json::Value value;
  std::shared_ptr<const json::Schema> schema;  // shared: see ToolDescriptor
};

// A schema written inline or named by its file. `object_root`: its type must be object.
std::optional<LoadedSchema> read_schema(Context& context, const json::Value& value, const std::string& pointer,
                                        bool object_root);
// The content of a file that the manifest names. What is absent or unreadable is reported under `missing_code`.
std::optional<std::string> read_referred(Context& context, const std::string& path, const std::string& pointer,
                                         std::string_view missing_code);

}  // namespace lumenflow::pack::manifest_parts
