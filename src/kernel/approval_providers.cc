#include "kernel/approval_providers.h"

#include <algorithm>

#include "pack/policy_fields.h"
#include "pack/text_glob.h"

namespace lumenflow::kernel {

std::optional<ApprovalProvider> find_provider(const WorkspaceConfig& config, std::string_view surface) {
  const json::Member* found = nullptr;
  std::ptrdiff_t most = -1;
  for (const json::Member& member : config.approval_providers.as_object()) {
    if (!pack::text_glob_matches(member.key, surface)) continue;
    const auto own = std::ranges::count_if(member.key, [](char c) { return c != '*' && c != '?'; });
    if (own <= most) continue;
    most = own;
    found = &member;
  }
  if (found == nullptr) return std::nullopt;
  const std::string_view kind = json::string_or(found->value, "provider", "");
  ApprovalProvider provider;
  provider.kind = kind == "auto"        ? ApprovalProvider::Kind::kAuto
                  : kind == "conductor" ? ApprovalProvider::Kind::kConductor
                                        : ApprovalProvider::Kind::kConsole;
  provider.approvals = json::integer_or(found->value, "approvals", provider.approvals);
  provider.expires = std::chrono::milliseconds(json::integer_or(found->value, "expires_ms", provider.expires.count()));
  return provider;
}

ApprovalTerms approval_terms(const WorkspaceConfig& config, const std::vector<std::string>& surfaces) {
  ApprovalTerms terms;
  bool first = true;
  for (const std::string& surface : surfaces) {
    const auto provider = find_provider(config, surface);
    if (!provider) {
      terms.nobody = surface;
      continue;
    }
    terms.automatic = terms.automatic && provider->kind == ApprovalProvider::Kind::kAuto;
    terms.approvals = std::max(terms.approvals, provider->approvals);
    terms.expires = first ? provider->expires : std::min(terms.expires, provider->expires);
    first = false;
  }
  return terms;
}

std::vector<std::string> approvals_asked(const pack::ActiveTool& tool, const PolicyVerdict& verdict) {
  std::vector<std::string> surfaces = tool.descriptor.required_approvals;
  if (verdict.decision != Decision::kApprovalRequired) return surfaces;
  const std::size_t of_tool = surfaces.size();
  for (const PolicyRule* rule : verdict.matched)
    if (rule->decision == Decision::kApprovalRequired) surfaces.push_back(pack::policy_surface(rule->id));
  if (surfaces.size() == of_tool) surfaces.push_back(pack::policy_surface("default"));
  return surfaces;
}

}  // namespace lumenflow::kernel
