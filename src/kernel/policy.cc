#include "kernel/policy.h"

namespace lumenflow::kernel {

std::string_view name(Decision decision) {
  switch (decision) {
    case Decision::kAllow:
      return "allow";
    case Decision::kDeny:
      return "deny";
    case Decision::kApprovalRequired:
      break;
  }
  return "approval_required";
}

PolicyVerdict decide_by_default(const WorkspaceConfig& config, pack::Permission permission) {
  if (config.default_decision) return {*config.default_decision, "default_decision"};
  if (!config.production) return {Decision::kAllow, "default:development"};
  const bool read = permission == pack::Permission::kRead;
  return {read ? Decision::kAllow : Decision::kDeny, "default:production"};
}

}  // namespace lumenflow::kernel
