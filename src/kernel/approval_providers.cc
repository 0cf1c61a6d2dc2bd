#include "kernel/approval_providers.h"

#include <algorithm>

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

}  // namespace lumenflow::kernel
