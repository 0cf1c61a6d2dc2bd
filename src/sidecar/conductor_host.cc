#include "sidecar/conductor_host.h"

#include <mutex>
#include <utility>

#include "conductor_link/account.h"
#include "conductor_link/errands.h"
#include "conductor_link/http_link.h"
#include "journal/commands.h"
#include "journal/outbox.h"
#include "kernel/commands.h"
#include "sidecar/command_states.h"
#include "sidecar/journal_heads.h"
#include "sidecar/tool_listing.h"
#include "sidecar/version.h"

namespace lumenflow::sidecar {
namespace {

using conductor_link::CommandState;
using conductor_link::Registry;
using conductor_link::Vitals;

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

// What is read on the link's threads; the strand alone changes it.
class Told final : public conductor_link::ErrandSource {
 public:
  explicit Told(Workspace& workspace)
      : workspace_(workspace), workspace_id_(workspace.config().id.str()), reader_(workspace.kernel().reader()) {}

  void tell(Registry registry) {
    const std::lock_guard lock(mutex_);
    registry_ = std::move(registry);
  }
  Vitals vitals() const {
    Vitals vitals;
    vitals.lag = lag_of(workspace_.log());
    vitals.versions = json::Object{{"lumenflow", std::string(kVersion)}};
    const std::lock_guard lock(mutex_);
    vitals.registry_hash = registry_.hash;
    return vitals;
  }

  Result<std::vector<CommandState>> states(std::uint64_t after, std::size_t limit) override {
    return read_command_states(workspace_.log(), reader_, workspace_.keys(), workspace_id_, after, limit);
  }
  void acknowledged(std::uint64_t number) override {
    log::Log& log = workspace_.log();
    workspace_.kernel().change_outbox(
        [&log, number](journal::Outbox&) { return journal::erase_report(log, Position(number)); },
        [](const Status&) {});  // what was not written is said again
  }
  Registry registry() override {
    const std::lock_guard lock(mutex_);
    return registry_;
  }

 private:
  Workspace& workspace_;
  const std::string workspace_id_;
  const journal::Reader reader_;
  mutable std::mutex mutex_;
  Registry registry_;
};

std::string ca_file_of(const Workspace& workspace) {
  const std::string path = conductor_link::ca_path(workspace.paths().conductor);
  const auto found = workspace.files().stat(path);
  return found.ok() && *found ? path : std::string();
}

}  // namespace

struct ConductorHost::Parts {
  Parts(Workspace& of, conductor_link::Enrollment enrollment)
      : workspace(of),
        ca_file(ca_file_of(of)),
        told(of),
        heads(of, enrollment),
        account({of.files(), clock, of.paths().conductor, of.keys().token_private_pem, of.keys().token_key_id},
                std::move(enrollment)) {}
  Workspace& workspace;
  SystemClock clock;
  const std::string ca_file;
  Told told;
  JournalHeads heads;
  conductor_link::Account account;
  std::unique_ptr<conductor_link::HttpLink> link;
  std::unique_ptr<conductor_link::Errands> errands;
  std::string told_hash;  // of the tools, and of whom they were listed for
};

ConductorHost::ConductorHost(Workspace& workspace, conductor_link::Enrollment enrollment)
    : parts_(std::make_unique<Parts>(workspace, std::move(enrollment))) {
  refresh();
  conductor_link::LinkParts link{parts_->account, parts_->ca_file, [told = &parts_->told] { return told->vitals(); },
                                 [log = &workspace.log()] { return log->head().log_id; }, &parts_->heads};
  parts_->link = std::make_unique<conductor_link::HttpLink>(std::move(link));
  parts_->errands =
      std::make_unique<conductor_link::Errands>(parts_->account, *parts_->link, parts_->told, parts_->ca_file);
  workspace.kernel().commands().on_reports([errands = parts_->errands.get()] { errands->ring(); });
}

ConductorHost::~ConductorHost() { stop(); }

void ConductorHost::stop() {
  parts_->workspace.kernel().commands().on_reports({});
  parts_->errands.reset();
  parts_->link.reset();
}

std::string ConductorHost::alarm() const { return parts_->heads.alarm(); }

uplink::Link& ConductorHost::link() { return *parts_->link; }

void ConductorHost::refresh() {
  Workspace& workspace = parts_->workspace;
  const std::string subject = kernel::conductor_subject(workspace.config().id.str());
  const kernel::Credential conductor = workspace.kernel().commands().granted(subject).value_or(kernel::Credential());
  std::string hash = workspace.registry().hash();
  std::string seen_by = hash;
  for (const std::string& scope : conductor.scopes) seen_by += " " + scope;
  if (seen_by == std::exchange(parts_->told_hash, seen_by)) return;
  parts_->told.tell({std::move(hash), json::serialize(tools_document(workspace, conductor))});
  if (parts_->errands != nullptr) parts_->errands->ring();
}

}  // namespace lumenflow::sidecar
