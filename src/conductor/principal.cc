#include "conductor/principal.h"

#include <algorithm>
#include <array>

namespace lumenflow::conductor {
namespace {

constexpr std::array<std::string_view, 3> kRoles = {"viewer", "operator", "admin"};
constexpr std::array<std::string_view, 3> kWorkspaceScopes = {"tools:read", "tools:write", "events:read"};

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

}  // namespace

std::string_view name(Role role) { return kRoles[static_cast<std::size_t>(role)]; }

std::optional<Role> role_from_name(std::string_view name) {
  const auto found = std::ranges::find(kRoles, name);
  if (found == kRoles.end()) return std::nullopt;
  return static_cast<Role>(found - kRoles.begin());
}

bool holds_scope(const Principal& principal, std::string_view scope) {
  const bool of_workspace = std::ranges::find(kWorkspaceScopes, scope) != kWorkspaceScopes.end();
  return std::ranges::any_of(principal.scopes, [&](const std::string& held) {
    return held == scope || (of_workspace && held == "workspace");
  });
}

bool is_workspace_id(std::string_view text) {
  return !text.empty() && text.size() <= 63 && is_lower_or_digit(text.front()) &&
         std::ranges::all_of(text, [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

std::string device_subject(std::string_view workspace, std::string_view device_id) {
  return std::string(workspace) + ":phone:" + std::string(device_id);
}

}  // namespace lumenflow::conductor
