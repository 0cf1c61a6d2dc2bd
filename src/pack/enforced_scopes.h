// What a sandbox is to enforce of a tool's scopes: the conjunction of the layers, in terms of files and folders that
// can be mounted.
//
// Values; immutable once made, then any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pack/scope.h"

namespace lumenflow::pack {

// A literal file, `dir/**`, or `**`: everything.
struct MountScope {
  std::string pattern;
  Access access = Access::kRead;
};

// Paths below a folder that match every glob; what no mount can say.
struct GlobScope {
  std::string folder;  // literal; empty: the workspace's root
  std::vector<Glob> globs;
  Access access = Access::kRead;
  std::string shown;  // the tool's own pattern
};

struct EnforcedScopes {
  std::vector<MountScope> mounts;
  std::vector<GlobScope> globs;
  Scope network;            // posture off where nothing is granted
  json::Array description;  // as in a manifest's required_scopes
};

// The layers narrow what is required; what is left may be less than the layers say, never more. Patterns with braces
// are taken apart first.
EnforcedScopes enforce_scopes(const std::vector<Scope>& required, const std::vector<ScopeLayer>& layers);

// Whether a glob scope holds this path.
bool holds(const GlobScope& scope, std::string_view path);

// Whether the path is in `.lumenflow`, in any letter case: no scope holds it.
bool is_kernel_state(std::string_view path);

}  // namespace lumenflow::pack
