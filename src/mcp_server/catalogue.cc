#include "mcp_server/catalogue.h"

#include <set>
#include <utility>

#include "mcp/names.h"

namespace lumenflow::mcp_server {

void McpCatalogue::refresh() {
  std::shared_ptr<const pack::Registry> now = kernel_.shared_registry();
  if (now == registry_) return;
  registry_ = std::move(now);
  tools_.clear();
  prompts_.clear();
  resources_.clear();
  // Of two with one name the first counts; tools and packs stand in the order of their own names.
  // What only gives the prompts and resources of a mounted server is no tool to clients.
  std::set<std::string, std::less<>> content;
  for (const auto& pack : registry_->packs()) {
    if (pack->manifest.runtime != pack::RuntimeType::kMcp) continue;
    for (const pack::PromptDescriptor& prompt : pack->manifest.prompts) content.insert(prompt.tool);
    for (const pack::ResourceDescriptor& resource : pack->manifest.resources) content.insert(resource.tool);
  }
  for (const auto& tool : registry_->tools())
    if (!tool->descriptor.internal_only && !content.contains(tool->descriptor.name))
      tools_.emplace(mcp::tool_name(tool->descriptor.name, tool->descriptor.mcp_name), tool.get());
  for (const auto& pack : registry_->packs()) {
    for (const pack::PromptDescriptor& prompt : pack->manifest.prompts)
      prompts_.emplace(prompt.name,
                       Prompt{&prompt, prompt.tool.empty() ? nullptr : registry_->find(prompt.tool), pack.get()});
    for (const pack::ResourceDescriptor& resource : pack->manifest.resources) {
      Result<mcp::UriTemplate> pattern = mcp::UriTemplate::parse(resource.uri);
      if (!pattern.ok()) continue;
      resources_.emplace(resource.uri,
                         Resource{&resource, resource.tool.empty() ? nullptr : registry_->find(resource.tool),
                                  pack.get(), *std::move(pattern)});
    }
  }
}

std::vector<std::pair<std::string, const pack::ActiveTool*>> McpCatalogue::tools(const kernel::Credential& caller) {
  refresh();
  std::vector<std::pair<std::string, const pack::ActiveTool*>> found;
  for (const auto& [name, tool] : tools_)
    if (kernel_.callable(*tool, caller)) found.emplace_back(name, tool);
  return found;
}

const pack::ActiveTool* McpCatalogue::tool(const std::string& mcp_name) {
  refresh();
  const auto found = tools_.find(mcp_name);
  return found == tools_.end() ? nullptr : found->second;
}

std::vector<const McpCatalogue::Prompt*> McpCatalogue::prompts(const kernel::Credential& caller) {
  refresh();
  std::vector<const Prompt*> found;
  for (const auto& [name, prompt] : prompts_)
    if (may_see(caller, prompt.tool, *prompt.pack)) found.push_back(&prompt);
  return found;
}

std::vector<const McpCatalogue::Resource*> McpCatalogue::resources(const kernel::Credential& caller) {
  refresh();
  std::vector<const Resource*> found;
  for (const auto& [uri, resource] : resources_)
    if (may_see(caller, resource.tool, *resource.pack)) found.push_back(&resource);
  return found;
}

std::string McpCatalogue::fingerprint(const kernel::Credential& caller) {
  std::string text;
  for (const auto& [name, tool] : tools(caller)) text += json::serialize(pack::describe_tool(*tool)) + '\n';
  return text;
}

bool McpCatalogue::may_see(const kernel::Credential& caller, const pack::ActiveTool* tool,
                           const pack::LoadedPack& pack) const {
  if (tool != nullptr) return kernel_.callable(*tool, caller);
  return kernel::holds_scope(caller, "tools:read", pack.manifest.id);
}

}  // namespace lumenflow::mcp_server
