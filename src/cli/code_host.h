// Starts the code of packs that are processes, mounts those that are MCP servers, and the programs that packs run,
// confined as lumenflow.yaml says.
//
// Thread safe. What it loads may be called until it goes, which is after the workspace.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "hosts/confined_programs.h"
#include "hosts/process_host.h"
#include "kernel/workspace_packs.h"
#include "mounts/mount_host.h"
#include "sandbox/launcher.h"

namespace lumenflow::cli {

// As lumenflow.yaml says.
sandbox::LauncherOptions launcher_options(const kernel::WorkspaceConfig& config);
hosts::ProcessHostOptions host_options(const kernel::WorkspaceConfig& config);

class CodeHost {
 public:
  explicit CodeHost(std::string workspace_root) : workspace_root_(std::move(workspace_root)) {}

  // Borrows this. `sandbox` of the first configuration that it is called with holds for as long as the host is there.
  kernel::LoadCode loader();
  // Borrows this, too; for the workspace that is opened with this configuration.
  std::function<pack::Programs*(const kernel::WorkspaceConfig&)> programs();

 private:
  Status load(const kernel::WorkspaceConfig& config, const pack::Manifest& manifest, const std::string& folder,
              pack::Registration& registration);
  hosts::ProcessHost& host_for(const kernel::WorkspaceConfig& config);
  mounts::MountHost& mounts_for(const kernel::WorkspaceConfig& config);
  pack::Programs* programs_for(const kernel::WorkspaceConfig& config);
  sandbox::Launcher& launcher(const sandbox::LauncherOptions& options);
  const std::string workspace_root_;
  std::mutex mutex_;
  std::unique_ptr<sandbox::Launcher> launcher_;  // with the first pack: finding out what the machine can do takes time
  std::unique_ptr<hosts::ProcessHost> host_;     // after the launcher that it uses
  std::unique_ptr<mounts::MountHost> mounts_;
  std::unique_ptr<hosts::ConfinedPrograms> programs_;
  std::mutex launcher_mutex_;
};

}  // namespace lumenflow::cli
