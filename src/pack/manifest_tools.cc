// The tools of a manifest.
#include <algorithm>
#include <map>

#include "pack/manifest_parts.h"
#include "pack/names.h"

namespace lumenflow::pack::manifest_parts {
namespace {

constexpr std::string_view kPermissions[] = {"read", "write", "admin"};
constexpr std::int64_t kTimeoutMsMax = 24 * 3'600'000;

std::string alias_of(const std::string& slug, const std::string& name) {
  std::string alias = name;
  std::ranges::replace_if(
      alias, [](char c) { return c == ':' || c == '-'; }, '_');
  return slug + ":" + alias;
}

void read_name(Context& context, Fields& fields, ToolDescriptor& tool) {
  fields.require("name");
  const std::string* name = fields.text("name");
  if (name == nullptr) return;
  if (!is_tool_name(*name)) {
    context.report.bad(fields.pointer_to("name"), shown(json::Value(*name)) + " is no tool name",
                       "write '<namespace>:<name>' in lower case, like 'report:create'");
    return;
  }
  tool.name = *name;
  const std::string_view tool_namespace = prefix_of(tool.name);
  if (is_reserved_slug(tool_namespace))
    context.report.at("LF1005", fields.pointer_to("name"),
                      "the tool namespace '" + std::string(tool_namespace) + "' is reserved",
                      "choose another namespace");
  if (!context.manifest.slug.empty() && tool_namespace != context.manifest.slug)
    tool.aliases.push_back(alias_of(context.manifest.slug, tool.name));
}

// Whether the permission is known; what depends on it is not checked otherwise.
bool read_permission(Context& context, Fields& fields, ToolDescriptor& tool) {
  const bool written = fields.find("permission") != nullptr;
  const auto permission = fields.one_of("permission", kPermissions);
  if (permission) tool.permission = static_cast<Permission>(*permission);
  tool.scope = fields.text_or("scope", "tools:" + std::string(name(tool.permission)));
  if (!is_token_scope(tool.scope))
    context.report.bad(fields.pointer_to("scope"), shown(json::Value(tool.scope)) + " is no token scope",
                       "write it like 'tools:write' or 'agent:execute-turn'");
  return permission || !written;
}

void read_scopes(Context& context, Fields& fields, bool permission_known, ToolDescriptor& tool) {
  const std::string pointer = fields.pointer_to("required_scopes");
  fields.require("required_scopes");
  const json::Array* scopes = fields.list("required_scopes");
  if (scopes == nullptr) return;
  if (scopes->empty())
    return context.report.bad(pointer, "a tool needs at least one scope",
                              "add '{type: path, pattern: docs/**, access: read}'");
  const json::Value* approvals = fields.find("required_approvals");
  const bool asks = approvals != nullptr && approvals->is_array() && !approvals->as_array().empty();
  for (std::size_t i = 0; i < scopes->size(); ++i)
    if (auto scope = read_tool_scope(context, (*scopes)[i], child_pointer(pointer, i), asks))
      tool.required_scopes.push_back(*std::move(scope));
  if (permission_known && tool.required_scopes.size() == scopes->size())
    check_permission(context, tool, fields.pointer());
}

void read_approvals(Context& context, Fields& fields, ToolDescriptor& tool) {
  tool.required_approvals = fields.texts("required_approvals");
  const auto& declared = context.manifest.required_approvals;
  for (std::size_t i = 0; i < tool.required_approvals.size(); ++i) {
    const std::string& surface = tool.required_approvals[i];
    if (std::ranges::find(declared, surface) != declared.end()) continue;
    context.report.at("LF1025", child_pointer(fields.pointer_to("required_approvals"), i),
                      "the tool asks for the approval '" + surface + "', which the pack does not list",
                      "add '" + surface + "' to the pack's required_approvals");
  }
}

void read_environment(Context& context, Fields& fields, ToolDescriptor& tool) {
  tool.required_env = fields.texts("required_env");
  for (std::size_t i = 0; i < tool.required_env.size(); ++i)
    if (!is_environment_name(tool.required_env[i]))
      context.report.bad(child_pointer(fields.pointer_to("required_env"), i),
                         shown(json::Value(tool.required_env[i])) + " is no name of an environment variable",
                         "write it like 'API_URL'");
}

void read_schema_of(Context& context, Fields& fields, std::string_view key, json::Value& value,
                    std::shared_ptr<const json::Schema>& validator) {
  static const json::Value kAnyObject = json::Object{{"type", "object"}};
  const json::Value* written = fields.find(key);
  auto loaded = read_schema(context, written != nullptr ? *written : kAnyObject, fields.pointer_to(key), true);
  if (!loaded) return;
  value = std::move(loaded->value);
  validator = std::move(loaded->schema);
}

ToolDescriptor read_tool(Context& context, const json::Value& value, const std::string& pointer) {
  Fields fields(context.report, value, pointer, "a tool");
  ToolDescriptor tool;
  if (!fields.is_map()) return tool;
  read_name(context, fields, tool);
  tool.title = fields.text_or("title");
  tool.description = fields.text_or("description");
  const bool permission_known = read_permission(context, fields, tool);
  read_scopes(context, fields, permission_known, tool);
  read_approvals(context, fields, tool);
  tool.summary = fields.text_or("summary");
  read_environment(context, fields, tool);
  read_schema_of(context, fields, "input_schema", tool.input_schema, tool.input_validator);
  read_schema_of(context, fields, "output_schema", tool.output_schema, tool.output_validator);
  tool.idempotent = fields.boolean("idempotent", false);
  tool.internal_only = fields.boolean("internal_only", false);
  tool.timeout_ms = fields.integer("timeout_ms", tool.timeout_ms, 1, kTimeoutMsMax);
  tool.mcp_name = fields.text_or("mcp_name");
  if (!tool.mcp_name.empty() && !is_mcp_name(tool.mcp_name))
    context.report.bad(fields.pointer_to("mcp_name"), shown(json::Value(tool.mcp_name)) + " is no MCP tool name",
                       "letters, digits, '_', '-' and '.', at most 128");
  static constexpr std::string_view kMcpTask[] = {"never", "optional", "required", "after_input"};
  if (const auto index = fields.one_of("mcp_task", kMcpTask)) tool.mcp_task = static_cast<McpTask>(*index);
  fields.text("entry");  // what it means is the runtime's matter
  fields.finish();
  return tool;
}

// Names and aliases that have been taken -> the pointer of their tool.
using Taken = std::map<std::string, std::string, std::less<>>;

bool claim(Context& context, Taken& taken, const std::string& name, const std::string& pointer) {
  const auto [first, added] = taken.try_emplace(name, pointer);
  if (added) return true;
  const int line = context.report.document().place_of(first->second).line;
  context.report.at("LF1020", child_pointer(pointer, "name"), "'" + name + "' names two tools",
                    "the other one begins in line " + std::to_string(line) + "; rename one of them");
  return false;
}

// It runs before anybody has approved anything.
void check_summaries(Context& context, const std::map<std::string, std::string>& pointers) {
  for (const ToolDescriptor& tool : context.manifest.tools) {
    if (tool.summary.empty()) continue;
    const auto named = std::ranges::find(context.manifest.tools, tool.summary, &ToolDescriptor::name);
    if (named != context.manifest.tools.end() && named->permission == Permission::kRead &&
        named->required_approvals.empty())
      continue;
    context.report.bad(child_pointer(pointers.at(tool.name), "summary"),
                       "'" + tool.summary + "' is no tool of this pack that only reads and needs no approval",
                       "name one that takes the same input, and says what '" + tool.name + "' would do with it");
  }
}

}  // namespace

void read_tools(Context& context) {
  const json::Array* tools = context.root.list("tools");
  if (tools == nullptr) return;
  const std::string list = context.root.pointer_to("tools");
  Taken taken;
  std::map<std::string, std::string> pointers;  // by tool
  for (std::size_t i = 0; i < tools->size(); ++i) {
    const std::string pointer = child_pointer(list, i);
    ToolDescriptor tool = read_tool(context, (*tools)[i], pointer);
    if (tool.name.empty()) continue;
    if (context.manifest.runtime == RuntimeType::kDeclarative)
      context.report.at("LF1033", child_pointer(pointer, "name"),
                        "a declarative pack has no code for the tool '" + tool.name + "'",
                        "give the pack a runtime: builtin, process or mcp");
    if (claim(context, taken, tool.name, pointer))
      for (const std::string& alias : tool.aliases) claim(context, taken, alias, pointer);
    pointers.try_emplace(tool.name, pointer);
    context.manifest.tools.push_back(std::move(tool));
  }
  check_summaries(context, pointers);
}

}  // namespace lumenflow::pack::manifest_parts
