// What the active packs offer to MCP clients, found by the names that these use. Built anew when the registry is
// another.
//
// Used on the io thread only.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kernel/kernel.h"
#include "mcp/uri_template.h"
#include "pack/registry.h"

namespace lumenflow::mcp_server {

class McpCatalogue {
 public:
  struct Prompt {
    const pack::PromptDescriptor* descriptor;
    const pack::ActiveTool* tool;  // null: the manifest has its messages
    const pack::LoadedPack* pack;
  };
  struct Resource {
    const pack::ResourceDescriptor* descriptor;
    const pack::ActiveTool* tool;
    const pack::LoadedPack* pack;
    mcp::UriTemplate pattern;
  };

  explicit McpCatalogue(kernel::Kernel& kernel) : kernel_(kernel) {}

  // Those that this caller may call now, by name.
  std::vector<std::pair<std::string, const pack::ActiveTool*>> tools(const kernel::Credential& caller);
  const pack::ActiveTool* tool(const std::string& mcp_name);  // null: none
  // Those that the caller may see: of a tool that they may call, or of a pack whose tools they may read.
  std::vector<const Prompt*> prompts(const kernel::Credential& caller);
  std::vector<const Resource*> resources(const kernel::Credential& caller);
  // Text that changes with what these lists say.
  std::string fingerprint(const kernel::Credential& caller);
  const pack::Registry* registry() { return refresh(), registry_.get(); }

 private:
  void refresh();
  bool may_see(const kernel::Credential& caller, const pack::ActiveTool* tool, const pack::LoadedPack& pack) const;

  kernel::Kernel& kernel_;
  std::shared_ptr<const pack::Registry> registry_;  // shared: what the members point into stays
  std::map<std::string, const pack::ActiveTool*> tools_;
  std::map<std::string, Prompt> prompts_;
  std::map<std::string, Resource> resources_;
};

}  // namespace lumenflow::mcp_server
