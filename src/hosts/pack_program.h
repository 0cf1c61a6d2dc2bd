// The program of a pack: what is started, what it is shown, and with what in its environment.
//
// Immutable once built; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "hosts/grants.h"
#include "hosts/secret_values.h"
#include "pack/manifest.h"
#include "sandbox/launcher.h"

namespace lumenflow::hosts {

struct ProgramPlace {  // where a child runs
  Grants grants;
  std::vector<std::string> environment;
  std::string key;  // equal for what may share a child
};

struct PackProgramOptions {
  sandbox::Limits limits{};
  std::vector<std::string> read_only_paths{};  // absolute
  std::size_t expanded_files_max = 4'096;
};

class PackProgram {
 public:
  // runtime.command of the manifest; empty where it has none.
  PackProgram(const pack::Manifest& manifest, std::string snapshot_dir, std::string workspace_root,
              const PackProgramOptions& options);

  bool empty() const { return command_.empty(); }
  const std::string& snapshot_dir() const { return snapshot_dir_; }
  // The variables' values are remembered as secrets.
  Result<ProgramPlace> place_of(const pack::EnforcedScopes& scopes, const std::vector<std::string>& required_env,
                                SecretValues& secrets) const;
  sandbox::Confinement confinement(const ProgramPlace& place) const;

 private:
  const std::string snapshot_dir_, workspace_root_;
  const sandbox::Limits limits_;
  const std::size_t expanded_files_max_;
  std::vector<std::string> command_;
  std::vector<std::string> read_only_paths_;
};

}  // namespace lumenflow::hosts
