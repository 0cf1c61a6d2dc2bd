#include "cli/code_host.h"

#include <cstdint>

namespace lumenflow::cli {
namespace {

void limit(sandbox::Limits& limits, const kernel::WorkspaceConfig& config) {
  if (config.sandbox_limits.memory_bytes) limits.memory_bytes = *config.sandbox_limits.memory_bytes;
  if (config.sandbox_limits.processes) limits.processes = static_cast<std::uint32_t>(*config.sandbox_limits.processes);
  limits.cpu_time = config.sandbox_limits.cpu_time.value_or(limits.cpu_time);
}

// A compiler, a linker or a test run needs more than a pack's own code.
hosts::ConfinedProgramsOptions program_options(const kernel::WorkspaceConfig& config) {
  hosts::ConfinedProgramsOptions options;
  options.read_only_paths = config.sandbox_read_only_paths;
  options.limits.memory_bytes = 4ull << 30;
  options.limits.processes = 1024;
  options.limits.file_bytes = 8ull << 30;
  options.limits.open_files = 4096;
  limit(options.limits, config);
  return options;
}

}  // namespace

sandbox::LauncherOptions launcher_options(const kernel::WorkspaceConfig& config) {
  sandbox::LauncherOptions options;
  options.weakest = config.sandbox == "required" ? sandbox::Tier::kBubblewrap : sandbox::Tier::kLandlock;
  return options;
}

hosts::ProcessHostOptions host_options(const kernel::WorkspaceConfig& config) {
  hosts::ProcessHostOptions options;
  options.read_only_paths = config.sandbox_read_only_paths;
  limit(options.limits, config);
  return options;
}

hosts::ProcessHost& CodeHost::host_for(const kernel::WorkspaceConfig& config) {
  const std::lock_guard lock(mutex_);
  if (host_ == nullptr)
    host_ = std::make_unique<hosts::ProcessHost>(launcher(launcher_options(config)), host_options(config));
  return *host_;
}

mounts::MountHost& CodeHost::mounts_for(const kernel::WorkspaceConfig& config) {
  const std::lock_guard lock(mutex_);
  if (mounts_ == nullptr) {
    mounts::MountHostOptions options;
    options.programs = host_options(config);
    mounts_ = std::make_unique<mounts::MountHost>(
        [this, from = launcher_options(config)]() -> sandbox::Launcher& { return launcher(from); }, std::move(options));
  }
  return *mounts_;
}

sandbox::Launcher& CodeHost::launcher(const sandbox::LauncherOptions& options) {
  const std::lock_guard lock(launcher_mutex_);
  if (launcher_ == nullptr) launcher_ = sandbox::make_launcher(options);
  return *launcher_;
}

pack::Programs* CodeHost::programs_for(const kernel::WorkspaceConfig& config) {
  const std::lock_guard lock(mutex_);
  if (programs_ == nullptr)
    programs_ = std::make_unique<hosts::ConfinedPrograms>(
        [this, options = launcher_options(config)]() -> sandbox::Launcher& { return launcher(options); },
        program_options(config));
  return programs_.get();
}

std::function<pack::Programs*(const kernel::WorkspaceConfig&)> CodeHost::programs() {
  return [this](const kernel::WorkspaceConfig& config) { return programs_for(config); };
}

kernel::LoadCode CodeHost::loader() {
  return [this](const kernel::WorkspaceConfig& config, const pack::Manifest& manifest, const std::string& folder,
                pack::Registration& registration) { return load(config, manifest, folder, registration); };
}

Status CodeHost::load(const kernel::WorkspaceConfig& config, const pack::Manifest& manifest, const std::string& folder,
                      pack::Registration& registration) {
  const hosts::ProcessPackSource source{manifest, folder, workspace_root_, config.id.str(), registration.config()};
  if (manifest.runtime == pack::RuntimeType::kMcp) return mounts_for(config).load(source, registration);
  return host_for(config).load(source, registration);
}

}  // namespace lumenflow::cli
