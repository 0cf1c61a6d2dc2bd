#include "cli/code_host.h"

#include <cstdint>

namespace lumenflow::cli {
namespace {

sandbox::LauncherOptions launcher_options(const kernel::WorkspaceConfig& config) {
  sandbox::LauncherOptions options;
  options.weakest = config.sandbox == "required" ? sandbox::Tier::kBubblewrap : sandbox::Tier::kLandlock;
  return options;
}

hosts::ProcessHostOptions host_options(const kernel::WorkspaceConfig& config) {
  hosts::ProcessHostOptions options;
  options.read_only_paths = config.sandbox_read_only_paths;
  if (config.sandbox_limits.memory_bytes) options.limits.memory_bytes = *config.sandbox_limits.memory_bytes;
  if (config.sandbox_limits.processes)
    options.limits.processes = static_cast<std::uint32_t>(*config.sandbox_limits.processes);
  options.limits.cpu_time = config.sandbox_limits.cpu_time.value_or(options.limits.cpu_time);
  return options;
}

}  // namespace

hosts::ProcessHost& CodeHost::host_for(const kernel::WorkspaceConfig& config) {
  const std::lock_guard lock(mutex_);
  if (host_ == nullptr) {
    launcher_ = sandbox::make_launcher(launcher_options(config));
    host_ = std::make_unique<hosts::ProcessHost>(*launcher_, host_options(config));
  }
  return *host_;
}

kernel::LoadCode CodeHost::loader() {
  return [this](const kernel::WorkspaceConfig& config, const pack::Manifest& manifest, const std::string& folder,
                pack::Registration& registration) { return load(config, manifest, folder, registration); };
}

Status CodeHost::load(const kernel::WorkspaceConfig& config, const pack::Manifest& manifest, const std::string& folder,
                      pack::Registration& registration) {
  return host_for(config).load({manifest, folder, workspace_root_, config.id.str(), registration.config()},
                               registration);
}

}  // namespace lumenflow::cli
