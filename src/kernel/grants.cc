#include "kernel/grants.h"

namespace lumenflow::kernel {

Grants::Grants(const WorkspaceConfig& config, const pack::Registry& registry)
    : workspace_(workspace_layer(config)), policy_(config, registry) {
  const std::vector<pack::ScopeLayer> layers = {workspace_};
  for (const auto& tool : registry.tools()) {
    verdicts_.emplace(tool.get(), pack::check_scopes(tool->descriptor.required_scopes, layers));
    if (tool->pack->executor != nullptr)
      enforced_.emplace(tool.get(), std::make_shared<const pack::EnforcedScopes>(
                                        pack::enforce_scopes(tool->descriptor.required_scopes, layers)));
  }
}

std::vector<pack::ScopeLayer> Grants::layers_of(const Call& call) const {
  std::vector<pack::ScopeLayer> layers = {workspace_};
  if (call.outer != nullptr) layers.insert(layers.end(), call.outer->layers.begin(), call.outer->layers.end());
  return layers;
}

pack::ScopeVerdict Grants::scopes(const pack::ActiveTool& tool, const Call& call) const {
  if (call.outer == nullptr) return verdicts_.at(&tool);
  return pack::check_scopes(tool.descriptor.required_scopes, layers_of(call));
}

std::shared_ptr<const pack::EnforcedScopes> Grants::enforced(const pack::ActiveTool* tool, const Call& call) const {
  const auto found = enforced_.find(tool);
  if (found == enforced_.end()) return nullptr;
  if (call.outer == nullptr) return found->second;
  return std::make_shared<const pack::EnforcedScopes>(
      pack::enforce_scopes(tool->descriptor.required_scopes, layers_of(call)));
}

bool Grants::may_pass(const pack::ActiveTool& tool, std::string_view subject) const {
  const auto verdict = verdicts_.find(&tool);
  return verdict != verdicts_.end() && verdict->second.granted && policy_.may_pass(tool, subject);
}

}  // namespace lumenflow::kernel
