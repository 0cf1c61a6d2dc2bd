// The prompts and resources that a pack offers to MCP clients.
#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "pack/manifest_parts.h"
#include "pack/names.h"

namespace lumenflow::pack::manifest_parts {
namespace {

// The members of an entry that MCP lists as they are.
json::Value listed(Fields& entry, std::initializer_list<const char*> keys) {
  json::Object out;
  for (const char* key : keys)
    if (const json::Value* value = entry.find(key)) out.set(key, *value);
  return json::Value(std::move(out));
}

// A tool of this pack, by its name; empty, and reported where it is named, when there is none.
std::string read_tool_name(Context& context, Fields& entry) {
  const std::string* const named = entry.text("tool");
  if (named == nullptr) return {};
  const auto tool = std::ranges::find(context.manifest.tools, *named, &ToolDescriptor::name);
  if (tool == context.manifest.tools.end())
    context.report.bad(entry.pointer_to("tool"), shown(json::Value(*named)) + " is no tool of this pack",
                       "name one of 'tools', by its full name");
  return tool == context.manifest.tools.end() ? std::string() : *named;
}

void read_argument(Fields& argument, std::set<std::string>& names, PromptDescriptor& prompt) {
  read_unique(argument, "name", names);
  argument.text("title");
  argument.text("description");
  PromptArgument read;
  read.name = argument.text_or("name");
  read.required = argument.boolean("required", false);
  read.values = argument.texts("values");
  prompt.arguments.push_back(std::move(read));
}

void read_messages(Fields& entry, PromptDescriptor& prompt) {
  for_each_entry(entry, "messages", "a prompt's message", [&](Fields& message) {
    static constexpr std::string_view kRoles[] = {"user", "assistant"};
    message.require("role");
    message.one_of("role", kRoles);
    message.require("content");
    prompt.messages.push_back(listed(message, {"role", "content"}));
  });
}

void read_prompts(Context& context) {
  std::set<std::string> names;
  for_each_entry(context.root, "prompts", "a prompt", [&](Fields& entry) {
    PromptDescriptor prompt;
    read_unique(entry, "name", names);
    prompt.name = entry.text_or("name");
    entry.text("title");
    prompt.description = entry.text_or("description");
    prompt.listing = listed(entry, {"name", "title", "description", "icons", "_meta"});
    std::set<std::string> arguments;
    json::Array shown_arguments;
    for_each_entry(entry, "arguments", "a prompt's argument", [&](Fields& argument) {
      read_argument(argument, arguments, prompt);
      shown_arguments.push_back(listed(argument, {"name", "title", "description", "required"}));
    });
    if (!shown_arguments.empty()) prompt.listing.as_object().set("arguments", std::move(shown_arguments));
    read_messages(entry, prompt);
    prompt.tool = read_tool_name(context, entry);
    if (!prompt.tool.empty() && !prompt.messages.empty())
      context.report.bad(entry.pointer_to("tool"), "a prompt has 'messages' or a 'tool' that gives them, not both");
    entry.list("icons");
    entry.map("_meta");
    context.manifest.prompts.push_back(std::move(prompt));
  });
}

void read_resource_content(Context& context, Fields& entry, ResourceDescriptor& resource) {
  const int given = (entry.find("text") != nullptr) + (entry.find("file") != nullptr) + (entry.find("tool") != nullptr);
  if (given > 1)
    context.report.bad(entry.pointer(), "a resource has one of 'text', 'file' and 'tool'", "leave out the others");
  resource.content = entry.text_or("text");
  resource.tool = read_tool_name(context, entry);
  const std::string* const file = entry.text("file");
  if (file == nullptr) return;
  if (auto content = read_referred(context, *file, entry.pointer_to("file"), "LF1004"))
    resource.content = *std::move(content);
  resource.binary = !is_valid_utf8(resource.content) || resource.content.find('\0') != std::string::npos;
}

void read_resources(Context& context) {
  std::set<std::string> uris;
  for_each_entry(context.root, "resources", "a resource", [&](Fields& entry) {
    ResourceDescriptor resource;
    read_unique(entry, "uri", uris);
    entry.require("name");
    for (const char* key : {"name", "title", "description", "mimeType"}) entry.text(key);
    entry.integer("size", 0, 0, std::int64_t{1} << 53);
    entry.map("annotations");
    entry.list("icons");
    entry.map("_meta");
    resource.uri = entry.text_or("uri");
    resource.is_template = resource.uri.find('{') != std::string::npos;
    resource.mime_type = entry.text_or("mimeType");
    resource.listing = listed(entry, {"name", "title", "description", "mimeType", "annotations", "icons", "_meta"});
    if (const json::Value* size = entry.find("size"); size != nullptr && !resource.is_template)
      resource.listing.as_object().set("size", *size);
    resource.listing.as_object().set(resource.is_template ? "uriTemplate" : "uri", resource.uri);
    read_resource_content(context, entry, resource);
    resource.updated_by = entry.texts("updated_by");
    context.manifest.resources.push_back(std::move(resource));
  });
}

}  // namespace

void read_unique(Fields& fields, std::string_view key, std::set<std::string>& seen) {
  fields.require(key);
  const std::string* text = fields.text(key);
  if (text != nullptr && !seen.insert(*text).second)
    fields.report().bad(fields.pointer_to(key), shown(json::Value(*text)) + " stands twice in this list");
}

void read_mcp_content(Context& context) {
  read_prompts(context);
  read_resources(context);
}

}  // namespace lumenflow::pack::manifest_parts
