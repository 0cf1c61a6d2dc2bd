// From the scopes of a call to what a child is shown of the workspace.
//
// Pure but for looking at the file system, and making the empty files that a write scope names; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lumenflow/result.h"
#include "pack/enforced_scopes.h"
#include "sandbox/launcher.h"

namespace lumenflow::hosts {

struct Grants {
  std::vector<sandbox::PathGrant> paths;  // in byte order
  std::vector<std::string> hidden;
  sandbox::NetworkGrant network;
  // Equal for calls that may share a child.
  std::string key() const;
};

// Literal files are granted where they are files, folders where they are folders; globs become the files that match
// them now. SCOPE_DENIED naming the scope for a path that leads through a symbolic link, a glob to write, and globs
// with more files than `files_max`.
Result<Grants> grant(const std::string& workspace_root, const pack::EnforcedScopes& scopes, std::size_t files_max);

}  // namespace lumenflow::hosts
