// What lumenflow.yaml and the packs grant together, worked out when they are loaded: the policy, and the scopes of each
// tool.
//
// Immutable; the strand's. Borrows the registry's tools: replaced together with it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernel/call.h"
#include "kernel/config.h"
#include "kernel/policy.h"
#include "kernel/tasks.h"
#include "pack/enforced_scopes.h"
#include "pack/registry.h"
#include "pack/scope.h"

namespace lumenflow::kernel {

class Grants {
 public:
  Grants(const WorkspaceConfig& config, const pack::Registry& registry);
  Grants(const Grants&) = delete;
  Grants& operator=(const Grants&) = delete;

  const Policy& policy() const { return policy_; }
  // Whether what the tool requires survives every layer, those of the call's outer calls and of what its actor has
  // claimed included.
  pack::ScopeVerdict scopes(const pack::ActiveTool& tool, const Call& call, const Tasks& tasks) const;
  // What a sandbox is to enforce for this call; null: the tool is not of this registry, or neither it nor what it runs
  // is outside of the program itself.
  std::shared_ptr<const pack::EnforcedScopes> enforced(const pack::ActiveTool* tool, const Call& call,
                                                       const Tasks& tasks) const;
  std::shared_ptr<const pack::EnforcedScopes> enforced(const pack::ActiveTool* tool) const;  // by no narrower layer
  // The strictest of what the rules say for the lanes that the call's actor works in.
  PolicyVerdict decide(const pack::ActiveTool& tool, const Call& call, const json::Value& input, const Tasks& tasks,
                       SessionFacts session = {}) const;
  // Whether some input of this tool gets through to this caller, as far as scopes and policy go.
  bool may_pass(const pack::ActiveTool& tool, std::string_view subject, const Tasks& tasks) const;

 private:
  std::vector<pack::ScopeLayer> layers_of(const Call& call, const Tasks& tasks) const;
  void add_claimed(std::string_view subject, const Tasks& tasks, std::vector<pack::ScopeLayer>& layers) const;

  pack::ScopeLayer workspace_;
  std::map<std::string, pack::ScopeLayer, std::less<>> lanes_;  // those that restrict something
  Policy policy_;
  std::unordered_map<const pack::ActiveTool*, pack::ScopeVerdict> verdicts_;
  // Of tools whose code runs elsewhere, or that run programs; shared with their calls.
  std::unordered_map<const pack::ActiveTool*, std::shared_ptr<const pack::EnforcedScopes>> enforced_;
};

}  // namespace lumenflow::kernel
