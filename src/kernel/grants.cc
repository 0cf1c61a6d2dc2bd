#include "kernel/grants.h"

namespace lumenflow::kernel {
namespace {

// Most calls: no narrower layer binds them.
bool is_by_workspace_alone(const Call& call, const Tasks& tasks) {
  return call.outer == nullptr && tasks.claims_of(actor_of(call)).empty();
}

}  // namespace

Grants::Grants(const WorkspaceConfig& config, const pack::Registry& registry)
    : workspace_(workspace_layer(config)), policy_(config, registry) {
  const std::vector<pack::ScopeLayer> layers = {workspace_};
  for (const Lane& lane : config.lanes)
    if (lane.allowed_scopes) lanes_.emplace(lane.id, pack::ScopeLayer{"lane:" + lane.id, *lane.allowed_scopes});
  for (const auto& tool : registry.tools()) {
    verdicts_.emplace(tool.get(), pack::check_scopes(tool->descriptor.required_scopes, layers));
    if (tool->pack->executor != nullptr || tool->traits.programs)
      enforced_.emplace(tool.get(), std::make_shared<const pack::EnforcedScopes>(
                                        pack::enforce_scopes(tool->descriptor.required_scopes, layers)));
  }
}

// A task that is claimed binds whoever has claimed it, in every call.
void Grants::add_claimed(std::string_view subject, const Tasks& tasks, std::vector<pack::ScopeLayer>& layers) const {
  for (const Tasks::Claim& claim : tasks.claims_of(subject)) {
    if (const auto lane = lanes_.find(claim.lane); lane != lanes_.end()) layers.push_back(lane->second);
    if (claim.layer) layers.push_back(*claim.layer);
  }
}

std::vector<pack::ScopeLayer> Grants::layers_of(const Call& call, const Tasks& tasks) const {
  std::vector<pack::ScopeLayer> layers = {workspace_};
  add_claimed(actor_of(call), tasks, layers);
  if (call.outer != nullptr) layers.insert(layers.end(), call.outer->layers.begin(), call.outer->layers.end());
  return layers;
}

pack::ScopeVerdict Grants::scopes(const pack::ActiveTool& tool, const Call& call, const Tasks& tasks) const {
  if (is_by_workspace_alone(call, tasks)) return verdicts_.at(&tool);
  return pack::check_scopes(tool.descriptor.required_scopes, layers_of(call, tasks));
}

std::shared_ptr<const pack::EnforcedScopes> Grants::enforced(const pack::ActiveTool* tool, const Call& call,
                                                             const Tasks& tasks) const {
  std::shared_ptr<const pack::EnforcedScopes> widest = enforced(tool);
  if (widest == nullptr) return nullptr;
  if (is_by_workspace_alone(call, tasks)) return widest;
  return std::make_shared<const pack::EnforcedScopes>(
      pack::enforce_scopes(tool->descriptor.required_scopes, layers_of(call, tasks)));
}

std::shared_ptr<const pack::EnforcedScopes> Grants::enforced(const pack::ActiveTool* tool) const {
  const auto found = enforced_.find(tool);
  return found == enforced_.end() ? nullptr : found->second;
}

PolicyVerdict Grants::decide(const pack::ActiveTool& tool, const Call& call, const json::Value& input,
                             const Tasks& tasks, SessionFacts session) const {
  const std::string& actor = actor_of(call);
  const std::string& subject = call.credential->subject.str();
  if (tool.pack == nullptr) {  // of the kernel's own, rules speak of tasks alone
    const std::string_view id = json::string_or(input, "task_id", "");
    const auto task = id.empty() ? Result<std::optional<journal::Task>>(std::nullopt) : tasks.find(id);
    return policy_.decide(tool, {subject, task.ok() && *task ? std::string_view((*task)->lane) : "", session.intent,
                                 input, session.pack});
  }
  std::optional<PolicyVerdict> strictest;
  for (const Tasks::Claim& claim : tasks.claims_of(actor)) {
    if (claim.lane.empty()) continue;
    PolicyVerdict in_lane = policy_.decide(tool, {subject, claim.lane, session.intent, input, session.pack});
    if (!strictest || is_stricter(in_lane, *strictest)) strictest = std::move(in_lane);
  }
  return strictest ? *std::move(strictest) : policy_.decide(tool, {subject, {}, session.intent, input, session.pack});
}

bool Grants::may_pass(const pack::ActiveTool& tool, std::string_view subject, const Tasks& tasks) const {
  const auto verdict = verdicts_.find(&tool);
  if (verdict == verdicts_.end() || !verdict->second.granted) return false;
  bool in_lane = false;
  for (const Tasks::Claim& claim : tasks.claims_of(subject)) {
    if (claim.lane.empty()) continue;
    in_lane = true;
    if (!policy_.may_pass(tool, subject, claim.lane)) return false;
  }
  if (!in_lane && !policy_.may_pass(tool, subject, {})) return false;
  std::vector<pack::ScopeLayer> layers = {workspace_};
  add_claimed(subject, tasks, layers);
  return layers.size() == 1 || pack::check_scopes(tool.descriptor.required_scopes, layers).granted;
}

}  // namespace lumenflow::kernel
