#include "pack/registry.h"

#include <algorithm>

namespace lumenflow::pack {
namespace {

json::Value list_of(const std::vector<std::string>& texts) { return json::Array(texts.begin(), texts.end()); }

}  // namespace

const ActiveTool* Registry::find(std::string_view name_or_alias) const {
  const auto found = by_name_.find(name_or_alias);
  return found == by_name_.end() ? nullptr : found->second;
}

const LoadedPack* Registry::find_pack(std::string_view id) const {
  const auto found = std::ranges::find_if(packs_, [&](const auto& pack) { return pack->manifest.id == id; });
  return found == packs_.end() ? nullptr : found->get();
}

json::Value describe_tool(const ActiveTool& tool) {
  const ToolDescriptor& descriptor = tool.descriptor;
  json::Array scopes;
  for (const Scope& scope : descriptor.required_scopes) scopes.push_back(scope.raw);
  static const std::vector<std::string> kNowhere;
  const bool hidden = descriptor.internal_only || tool.pack == nullptr;
  return json::Object{
      {"name", descriptor.name},
      {"aliases", list_of(descriptor.aliases)},
      {"pack", tool.pack != nullptr ? tool.pack->manifest.id : "kernel"},
      {"version", tool.pack != nullptr ? tool.pack->manifest.version : ""},
      {"title", descriptor.title},
      {"description", descriptor.description},
      {"permission", name(descriptor.permission)},
      {"scope", descriptor.scope},
      {"required_scopes", std::move(scopes)},
      {"required_approvals", list_of(descriptor.required_approvals)},
      {"input_schema", descriptor.input_schema},
      {"output_schema", descriptor.output_schema},
      {"surfaces", list_of(hidden ? kNowhere : tool.pack->manifest.surfaces_required)},
  };
}

}  // namespace lumenflow::pack
