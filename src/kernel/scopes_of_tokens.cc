#include <algorithm>
#include <array>

#include "kernel/call.h"

namespace lumenflow::kernel {
namespace {

// What the scope `workspace` stands for (05-conductor, Trust).
constexpr std::array<std::string_view, 3> kWorkspace = {"tools:read", "tools:write", "events:read"};

}  // namespace

bool holds_scope(const Credential& credential, std::string_view scope, std::string_view pack) {
  const bool of_workspace = std::find(kWorkspace.begin(), kWorkspace.end(), scope) != kWorkspace.end();
  const bool of_tools = scope.starts_with("tools:");
  for (const std::string& held : credential.scopes) {
    if (held == scope || (of_workspace && held == "workspace")) return true;
    if (of_tools && !pack.empty() && held.size() == scope.size() + 1 + pack.size() && held.starts_with(scope) &&
        held[scope.size()] == ':' && held.ends_with(pack))
      return true;
  }
  return false;
}

}  // namespace lumenflow::kernel
