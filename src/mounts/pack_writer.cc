#include "mounts/pack_writer.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/encoding.h"
#include "http/url.h"
#include "mounts/content_writer.h"
#include "mounts/header_values.h"
#include "mounts/schema_dialect.h"
#include "mounts/tool_names.h"
#include "mounts/yaml_text.h"
#include "pack/names.h"

namespace lumenflow::mounts {
namespace {

constexpr std::size_t kDescriptionBytesMax = 8u << 10;

json::Array texts(const std::vector<std::string>& list) { return {list.begin(), list.end()}; }

std::vector<std::string> list_of(const json::Value& object, std::string_view key) {
  std::vector<std::string> out;
  const json::Value* const list = object.find(key);
  if (list != nullptr && list->is_array())
    for (const json::Value& item : list->as_array())
      if (const std::string* text = item.if_string()) out.push_back(*text);
  return out;
}

// A server that is a child has a folder of its own, unless it was given others.
std::vector<std::string> writes_of(const MountPlan& plan) {
  if (!plan.url.empty() || !plan.writes.empty()) return plan.writes;
  return {"mcp/" + plan.id + "/**"};
}

json::Array scopes_of(const MountPlan& plan, bool writes) {
  json::Array scopes;
  const auto add = [&](const std::string& pattern, const char* access) {
    scopes.push_back(json::Object{{"type", "path"}, {"pattern", pattern}, {"access", access}});
  };
  for (const std::string& pattern : plan.reads) add(pattern, "read");
  for (const std::string& pattern : writes_of(plan)) add(pattern, writes ? "write" : "read");
  if (!plan.hosts.empty())
    scopes.push_back(
        json::Object{{"type", "network"}, {"posture", "allowlist"}, {"allowlist_entries", texts(plan.hosts)}});
  return scopes;
}

json::Object runtime_of(const MountPlan& plan) {
  json::Object runtime{{"type", "mcp"}};
  if (plan.url.empty())
    runtime.set("command", texts(plan.command));
  else
    runtime.set("url", plan.url);
  if (!plan.bearer_env.empty()) runtime.set("bearer_env", plan.bearer_env);
  return runtime;
}

std::string approval_surface(const MountPlan& plan) { return plan.id + ":call"; }

struct Hints {
  bool read_only = false;
  bool destructive = true;  // also where nothing is said
  bool idempotent = false;
};

Hints hints_of(const json::Value& stated) {
  Hints hints;
  const json::Value* const annotations = stated.find("annotations");
  if (annotations == nullptr || !annotations->is_object()) return hints;
  // One that says both is asked about: a contradiction is no reason for trust.
  hints.read_only = json::boolean_or(*annotations, "readOnlyHint", false) &&
                    !json::boolean_or(*annotations, "destructiveHint", false);
  hints.destructive = !hints.read_only && json::boolean_or(*annotations, "destructiveHint", true);
  hints.idempotent = json::boolean_or(*annotations, "idempotentHint", false);
  return hints;
}

std::string title_of(const json::Value& stated) {
  std::string title(json::string_or(stated, "title", ""));
  const json::Value* const annotations = stated.find("annotations");
  if (title.empty() && annotations != nullptr) title = json::string_or(*annotations, "title", "");
  return title;
}

// The tool's entry in the manifest; its schemas go into files.
Result<json::Object> tool_of(const MountPlan& plan, const ToolDefinition& definition, const std::string& name,
                             WrittenPack& out) {
  const json::Value& stated = definition.stated;
  if (is_content(definition)) {
    json::Object tool = content_tool(definition, name);
    tool.set("required_scopes", scopes_of(plan, false));
    if (!plan.environment.empty()) tool.set("required_env", texts(plan.environment));
    return tool;
  }
  const json::Value* const input = stated.find("inputSchema");
  if (input == nullptr) return Error(ErrorCode::kInvalidOutput, "it has no inputSchema");
  LUMENFLOW_TRY_ASSIGN(const json::Value input_schema, to_current_dialect(*input));
  if (!plan.url.empty()) LUMENFLOW_TRY(check_parameter_headers(input_schema));
  const std::string file = "schemas/" + name.substr(name.find(':') + 1);
  json::Object tool{{"name", name}, {"entry", definition.name}};
  if (plan.keep_names && pack::is_mcp_name(definition.name)) tool.set("mcp_name", definition.name);
  if (const std::string title = title_of(stated); !title.empty()) tool.set("title", title);
  if (const std::string_view text = json::string_or(stated, "description", ""); !text.empty())
    tool.set("description", clip_utf8(text, kDescriptionBytesMax));
  const Hints hints = hints_of(stated);
  tool.set("permission", hints.read_only ? "read" : "write");
  if (hints.destructive) tool.set("required_approvals", json::Array{approval_surface(plan)});
  tool.set("required_scopes", scopes_of(plan, !hints.read_only));
  if (!plan.environment.empty()) tool.set("required_env", texts(plan.environment));
  tool.set("input_schema", file + ".input.json");
  out.files[file + ".input.json"] = json::serialize_pretty(input_schema) + "\n";
  if (const json::Value* output = stated.find("outputSchema")) {
    const Result<json::Value> schema = to_current_dialect(*output);
    if (schema.ok()) {  // a schema that cannot be had promises nothing here
      tool.set("output_schema", file + ".output.json");
      out.files[file + ".output.json"] = json::serialize_pretty(*schema) + "\n";
    }
  }
  if (hints.idempotent) tool.set("idempotent", true);
  return tool;
}

const json::Value* tool_before(const json::Value& before, const std::string& entry) {
  const json::Value* const tools = before.find("tools");
  if (tools == nullptr || !tools->is_array()) return nullptr;
  const auto found = std::ranges::find_if(
      tools->as_array(), [&](const json::Value& tool) { return json::string_or(tool, "entry", "") == entry; });
  return found == tools->as_array().end() ? nullptr : &*found;
}

// What the operator has made of the tool stays, but where the new definition asks for more care.
void keep_of(const json::Value& was, json::Object& tool) {
  const bool reads_now = json::string_or(tool, "permission", "") == "read";
  const bool read_then = json::string_or(was, "permission", "read") == "read";
  if (reads_now == read_then || reads_now)
    for (const char* key : {"permission", "required_scopes"})
      if (const json::Value* value = was.find(key)) tool.set(key, *value);
  const json::Value* const approvals = was.find("required_approvals");
  if (approvals != nullptr && approvals->is_array() && !approvals->as_array().empty())
    tool.set("required_approvals", *approvals);
  for (const char* key : {"scope", "timeout_ms", "mcp_name", "internal_only", "required_env"})
    if (const json::Value* value = was.find(key)) tool.set(key, *value);
}

std::string version_of(const Definitions& found, const json::Value& before) {
  const std::string stated(json::string_or(found.server, "version", ""));
  if (pack::is_semantic_version(stated)) return stated;
  return std::string(json::string_or(before, "version", "1.0.0"));
}

json::Object manifest_of(const MountPlan& plan, const Definitions& found, const json::Value& before) {
  json::Object manifest = before.is_object() ? before.as_object() : json::Object{{"id", plan.id}};
  manifest.set("version", version_of(found, before));
  if (before.is_object()) return manifest;
  std::string title(json::string_or(found.server, "title", ""));
  if (title.empty()) title = json::string_or(found.server, "name", "");
  if (!title.empty()) manifest.set("title", clip_utf8(title, 200));
  json::Object runtime = runtime_of(plan);
  runtime.set("definitions", kDefinitionsFile);
  manifest.set("runtime", std::move(runtime));
  return manifest;
}

}  // namespace

json::Value plan_json(const MountPlan& plan) {
  json::Object out = runtime_of(plan);
  out.erase("type");
  out.set("reads", texts(plan.reads));
  out.set("writes", texts(plan.writes));
  out.set("hosts", texts(plan.hosts));
  out.set("environment", texts(plan.environment));
  out.set("keep_names", plan.keep_names);
  return out;
}

MountPlan plan_of(const json::Value& written) {
  MountPlan plan;
  plan.command = list_of(written, "command");
  plan.url = json::string_or(written, "url", "");
  plan.bearer_env = json::string_or(written, "bearer_env", "");
  plan.reads = list_of(written, "reads");
  plan.writes = list_of(written, "writes");
  plan.hosts = list_of(written, "hosts");
  plan.environment = list_of(written, "environment");
  plan.keep_names = json::boolean_or(written, "keep_names", false);
  return plan;
}

WrittenPack write_pack(const MountPlan& plan, const Definitions& found, const json::Value& before,
                       const Definitions* accepted) {
  WrittenPack out;
  json::Array tools, prompts, resources;
  std::set<std::string> surfaces, taken;
  for (const std::string& surface : list_of(before, "required_approvals")) surfaces.insert(surface);
  for (const ToolDefinition& definition : found.tools)
    if (const json::Value* was = tool_before(before, definition.name))
      taken.insert(std::string(json::string_or(*was, "name", "")));
  for (const ToolDefinition& definition : found.tools) {
    const json::Value* const was = tool_before(before, definition.name);
    const ToolDefinition* const old = accepted == nullptr ? nullptr : accepted->find(definition.name);
    const std::string name = was != nullptr           ? std::string(json::string_or(*was, "name", ""))
                             : is_content(definition) ? content_tool_name(plan.id, definition, taken)
                                                      : free_tool_name(plan.id, definition.name, taken);
    Result<json::Object> tool = tool_of(plan, definition, name, out);
    if (!tool.ok()) {
      out.left_out.push_back({definition.name, tool.error().message()});
      continue;
    }
    if (was != nullptr && old != nullptr && old->digest == definition.digest)
      tool = was->as_object();
    else if (was != nullptr)
      keep_of(*was, *tool);
    const json::Value shown(*tool);
    for (const std::string& surface : list_of(shown, "required_approvals")) surfaces.insert(surface);
    out.tools.push_back({name, definition.name, std::string(json::string_or(shown, "permission", "read")),
                         !list_of(shown, "required_approvals").empty()});
    tools.push_back(*std::move(tool));
    if (definition.name.starts_with(kPromptEntry)) prompts.push_back(prompt_entry(definition, name));
    if (definition.name == kResourceEntry) resources = resource_entries(found.resources, name, out.left_out);
  }
  json::Object manifest = manifest_of(plan, found, before);
  if (!surfaces.empty()) manifest.set("required_approvals", texts({surfaces.begin(), surfaces.end()}));
  manifest.set("tools", std::move(tools));
  for (auto& [key, list] : {std::pair("prompts", &prompts), std::pair("resources", &resources)})
    if (list->empty())
      manifest.erase(key);
    else
      manifest.set(key, std::move(*list));
  Definitions kept = found;
  kept.plan = plan_json(plan);
  out.files["manifest.yaml"] = yaml_text(manifest);
  out.files[std::string(kDefinitionsFile)] = write_definitions(kept);
  return out;
}

std::string probe_manifest(const MountPlan& plan) {
  json::Object tool{{"name", plan.id + ":probe"}, {"permission", "write"}, {"required_scopes", scopes_of(plan, true)}};
  if (!plan.environment.empty()) tool.set("required_env", texts(plan.environment));
  return yaml_text(json::Object{
      {"id", plan.id}, {"version", "0.0.0"}, {"runtime", runtime_of(plan)}, {"tools", json::Array{std::move(tool)}}});
}

std::string id_for(const std::vector<std::string>& command, const std::string& url) {
  if (!url.empty()) {
    const Result<http::Url> parsed = http::parse_url(url);
    return slug_of(parsed.ok() ? parsed->host : "");
  }
  // The last word that names something: not a flag, and not the interpreter while there is more.
  std::string named;
  for (const std::string& word : command) {
    if (word.starts_with('-')) continue;
    const bool runs_others = word.ends_with("npx") || word.ends_with("node") || word.ends_with("python3") ||
                             word.ends_with("env") || word.find('=') != std::string::npos;
    if (runs_others && &word != &command.back()) continue;
    named = word;
    break;
  }
  return slug_of(named);
}

}  // namespace lumenflow::mounts
