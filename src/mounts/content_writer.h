// The prompts and resources of a server as members of its pack's manifest. Each prompt is a tool that gives it, and one
// tool reads all resources; both are reads, called when a client asks for what they give, and are no tools to clients.
//
// Values and pure functions.
#pragma once

#include <set>
#include <string>

#include "mounts/pack_writer.h"

namespace lumenflow::mounts {

bool is_content(const ToolDefinition& definition);

// The manifest's entry of such a tool, without its scopes.
json::Object content_tool(const ToolDefinition& definition, const std::string& name);
std::string content_tool_name(const std::string& pack, const ToolDefinition& definition, std::set<std::string>& taken);

// The manifest's entry of a prompt that `tool` gives.
json::Object prompt_entry(const ToolDefinition& definition, const std::string& tool);
// The manifest's entries of resources that `tool` reads; what cannot be one is added to `left_out`.
json::Array resource_entries(const json::Array& listed, const std::string& tool, std::vector<LeftOutTool>& left_out);

}  // namespace lumenflow::mounts
