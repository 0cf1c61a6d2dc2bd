// What dispatch would say of a call up to its approval, without a call being made: for `lumenflow policy`.
//
// Pure; the result borrows the registry and the policy.
#pragma once

#include <string>
#include <vector>

#include "kernel/approval_providers.h"
#include "kernel/config.h"
#include "kernel/policy.h"
#include "lumenflow/result.h"
#include "pack/registry.h"
#include "pack/scope.h"

namespace lumenflow::kernel {

struct ExplainedCall {
  std::string tool;  // name or alias
  std::string subject;
  std::string lane;  // empty: none
  json::Value input;
};

struct ApprovalAsked {
  std::string surface;
  std::optional<ApprovalProvider> provider;  // nothing: nobody is asked
};

struct Explanation {
  const pack::ActiveTool* tool = nullptr;
  std::vector<ErrorDetail> input_faults;  // stage 3
  pack::ScopeVerdict scopes;              // stage 4
  PolicyVerdict policy;                   // stage 5
  std::vector<ApprovalAsked> approvals;   // stage 7
};

// NOT_FOUND, with the nearest name, when no active pack has such a tool.
Result<Explanation> explain(const WorkspaceConfig& config, const pack::Registry& registry, const Policy& policy,
                            const ExplainedCall& call);

}  // namespace lumenflow::kernel
