#include "sidecar/workspace_voice.h"

#include <utility>

#include "journal/commands.h"
#include "journal/outbox.h"
#include "sidecar/command_states.h"
#include "sidecar/version.h"

namespace lumenflow::sidecar {
namespace {

// How much waits for the conductor.
json::Value lag_of(const log::Log& log) {
  const auto tables = log.snapshot();
  if (!tables.ok()) return json::Object{};
  const auto streams = journal::outbox_streams(**tables);
  if (!streams.ok()) return json::Object{};
  std::uint64_t events = 0, bytes = 0;
  for (const auto& [name, row] : *streams) {
    events += row.events;
    bytes += row.bytes;
  }
  return json::Object{{"pending_events", events}, {"pending_bytes", bytes}};
}

}  // namespace

WorkspaceVoice::WorkspaceVoice(VoiceParts parts) : parts_(std::move(parts)), reader_(parts_.kernel.reader()) {}

void WorkspaceVoice::tell(conductor_link::Registry registry) {
  const std::lock_guard lock(mutex_);
  registry_ = std::move(registry);
}

conductor_link::Vitals WorkspaceVoice::vitals() const {
  conductor_link::Vitals vitals;
  vitals.lag = lag_of(parts_.log);
  vitals.versions = json::Object{{"lumenflow", std::string(kVersion)}};
  const std::lock_guard lock(mutex_);
  vitals.registry_hash = registry_.hash;
  return vitals;
}

Result<std::vector<conductor_link::CommandState>> WorkspaceVoice::states(std::uint64_t after, std::size_t limit) {
  return read_command_states(parts_.log, reader_, parts_.keys, parts_.workspace_id, after, limit);
}

void WorkspaceVoice::acknowledged(std::uint64_t number) {
  parts_.kernel.change_outbox(
      [&log = parts_.log, number](journal::Outbox&) { return journal::erase_report(log, Position(number)); },
      [](const Status&) {});  // what was not written is said again
}

conductor_link::Registry WorkspaceVoice::registry() {
  const std::lock_guard lock(mutex_);
  return registry_;
}

}  // namespace lumenflow::sidecar
