// What a reload reads, judges and starts, off the strand; and what it leaves behind.
#include <algorithm>
#include <utility>

#include "sidecar/catalogue_check.h"
#include "sidecar/workspace.h"

namespace lumenflow::sidecar {
namespace {

// A pack that lacks a provider or a surface stays inactive; every other fault stops the reload.
bool stops_reload(const pack::Diagnostic& item) {
  return item.severity == pack::Severity::kError && item.code != "LF1050" && item.code != "LF1051";
}

// The packs' code ends where it may take its time, not on the strand.
std::shared_ptr<const pack::Registry> ending_on(Executor& executor, std::shared_ptr<const pack::Registry> registry) {
  const pack::Registry* const held = registry.get();
  return {held, [&executor, registry](const pack::Registry*) mutable {
            (void)executor.post([last = std::exchange(registry, nullptr)] {});
          }};
}

}  // namespace

kernel::WorkspacePacks Workspace::read_packs(const pack::Registry* before, const std::optional<std::string>& text) {
  const kernel::PackPorts ports{builtin_packs_, sources_.get(), ports_.load_code, before};
  kernel::WorkspacePacks read = text ? kernel::load_workspace_packs(paths_.config, *text, ports)
                                     : read_workspace_packs(ports_.files, paths_.config, ports);
  check_catalogue(ports_.files, paths_.root, read);
  read.registry = ending_on(ports_.executor, std::move(read.registry));
  return read;
}

Result<PreparedReload> Workspace::prepare_reload() {
  LUMENFLOW_TRY(check_confinement(ports_.files, paths_));
  const std::shared_ptr<const pack::Registry> before = kernel_->shared_registry();
  kernel::WorkspacePacks read = read_packs(before.get());
  PreparedReload prepared;
  prepared.diagnostics = std::move(read.diagnostics);
  if (!read.config || std::ranges::any_of(prepared.diagnostics.items(), stops_reload)) return prepared;
  if (read.config->production) LUMENFLOW_TRY(require_passphrase(ports_.files, paths_.keys));
  prepared.needs_restart = keys_read_at_start(config(), *read.config);
  prepared.reloaded = std::make_shared<kernel::Reloaded>();
  prepared.reloaded->config = *std::move(read.config);
  prepared.reloaded->registry = std::move(read.registry);
  prepared.reloaded->adopted = [this, found = prepared.diagnostics] {
    diagnostics_ = found;
    seen_configuration_.reset();  // it may have changed again meanwhile
    (void)work_.post(ports_.executor,
                     [this] { snapshots_.prune(); });  // those that still run are left for the next time
  };
  return prepared;
}

}  // namespace lumenflow::sidecar
