#include "mounts/content_writer.h"

#include <utility>

#include "base/encoding.h"
#include "mounts/tool_names.h"

namespace lumenflow::mounts {
namespace {

constexpr std::size_t kResourcesMax = 500;  // a manifest is for people
constexpr std::size_t kTextBytesMax = 4u << 10;
constexpr std::string_view kOwnScheme = "lumenflow://";

void copy_text(const json::Value& from, const char* key, json::Object& to) {
  if (const std::string_view text = json::string_or(from, key, ""); !text.empty())
    to.set(key, clip_utf8(text, kTextBytesMax));
}

std::string prompt_name(const ToolDefinition& definition) { return definition.name.substr(kPromptEntry.size()); }

// Of each argument that has a name, once.
template <class Take>
void for_each_argument(const ToolDefinition& definition, const Take& take) {
  const json::Value* const arguments = definition.stated.find("arguments");
  std::set<std::string> seen;
  if (arguments == nullptr || !arguments->is_array()) return;
  for (const json::Value& argument : arguments->as_array()) {
    const std::string name(json::string_or(argument, "name", ""));
    if (!name.empty() && seen.insert(name).second) take(name, argument);
  }
}

}  // namespace

bool is_content(const ToolDefinition& definition) {
  return definition.name.starts_with(kPromptEntry) || definition.name == kResourceEntry;
}

std::string content_tool_name(const std::string& pack, const ToolDefinition& definition, std::set<std::string>& taken) {
  const bool is_prompt = definition.name != kResourceEntry;
  return free_tool_name(pack, is_prompt ? "prompt_" + prompt_name(definition) : "read_resource", taken);
}

json::Object content_tool(const ToolDefinition& definition, const std::string& name) {
  json::Object properties;
  json::Array required;
  const json::Value text = json::Object{{"type", "string"}};
  if (definition.name == kResourceEntry) {
    properties.set("uri", text);
    required.push_back("uri");
  }
  for_each_argument(definition, [&](const std::string& argument, const json::Value& stated) {
    properties.set(argument, text);
    if (json::boolean_or(stated, "required", false)) required.push_back(argument);
  });
  json::Object schema{{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) schema.set("required", std::move(required));
  json::Object tool{{"name", name}, {"entry", definition.name}};
  copy_text(definition.stated, "title", tool);
  copy_text(definition.stated, "description", tool);
  tool.set("permission", "read");
  tool.set("input_schema", std::move(schema));
  return tool;
}

json::Object prompt_entry(const ToolDefinition& definition, const std::string& tool) {
  json::Object prompt{{"name", prompt_name(definition)}};
  copy_text(definition.stated, "title", prompt);
  copy_text(definition.stated, "description", prompt);
  json::Array arguments;
  for_each_argument(definition, [&](const std::string& name, const json::Value& stated) {
    json::Object argument{{"name", name}};
    copy_text(stated, "title", argument);
    copy_text(stated, "description", argument);
    if (json::boolean_or(stated, "required", false)) argument.set("required", true);
    arguments.push_back(std::move(argument));
  });
  if (!arguments.empty()) prompt.set("arguments", std::move(arguments));
  prompt.set("tool", tool);
  return prompt;
}

json::Array resource_entries(const json::Array& listed, const std::string& tool, std::vector<LeftOutTool>& left_out) {
  json::Array entries;
  std::set<std::string> seen;
  for (const json::Value& stated : listed) {
    if (!stated.is_object()) continue;
    const std::string uri(json::string_or(stated, stated.find("uriTemplate") != nullptr ? "uriTemplate" : "uri", ""));
    const auto leave_out = [&](const char* why) { left_out.push_back({uri, why}); };
    if (uri.empty() || !seen.insert(uri).second) continue;
    if (uri.starts_with(kOwnScheme)) {
      leave_out("URIs of lumenflow:// are this workspace's own");
      continue;
    }
    if (entries.size() >= kResourcesMax) {
      leave_out("a pack has at most 500 resources of a server");
      continue;
    }
    json::Object entry{{"uri", uri}};
    const std::string_view name = json::string_or(stated, "name", "");
    entry.set("name", clip_utf8(name.empty() ? std::string_view(uri) : name, 200));
    for (const char* key : {"title", "description", "mimeType"}) copy_text(stated, key, entry);
    entry.set("tool", tool);
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace lumenflow::mounts
