#include "sidecar/tool_listing.h"

#include <utility>

namespace lumenflow::sidecar {

json::Value tool_document(const pack::ActiveTool& tool, Workspace& workspace, const kernel::Credential& credential) {
  json::Value document = pack::describe_tool(tool);
  json::Array surfaces;
  for (const std::string& surface : workspace.config().surfaces) surfaces.push_back(surface);
  document.as_object().set("surfaces", std::move(surfaces));
  document.as_object().set("callable", workspace.kernel().callable(tool, credential));
  return document;
}

bool may_see(const pack::ActiveTool& tool, const kernel::Credential& credential) {
  return !tool.descriptor.internal_only && kernel::holds_scope(credential, "tools:read", tool.pack->manifest.id);
}

json::Value tools_document(Workspace& workspace, const kernel::Credential& credential) {
  json::Array tools;
  for (const auto& tool : workspace.registry().tools())
    if (may_see(*tool, credential)) tools.push_back(tool_document(*tool, workspace, credential));
  return json::Object{{"workspace_id", workspace.config().id.str()},
                      {"registry_hash", workspace.registry().hash()},
                      {"tools", std::move(tools)}};
}

}  // namespace lumenflow::sidecar
