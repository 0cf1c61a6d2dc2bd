#include "sidecar/conductor_host.h"

#include <utility>

#include "conductor_link/account.h"
#include "conductor_link/errands.h"
#include "conductor_link/http_link.h"
#include "kernel/commands.h"
#include "sidecar/conductor_grant.h"
#include "sidecar/journal_heads.h"
#include "sidecar/tool_listing.h"
#include "sidecar/workspace_voice.h"

namespace lumenflow::sidecar {
namespace {

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
        told({of.log(), of.kernel(), of.keys(), of.config().id.str()}),
        heads({of.log(), of.kernel(), of.keys().log_key, clock}, enrollment),
        grant({of.log(), of.kernel(), clock, of.config().id.str()},
              [this](std::string token, std::string id) { account.offer(std::move(token), std::move(id)); }),
        account({of.files(), clock, of.paths().conductor, of.keys().token_private_pem, of.keys().token_key_id,
                 [this](const std::string& token_id) { grant.given(token_id); }},
                std::move(enrollment)) {}
  Workspace& workspace;
  SystemClock clock;
  const std::string ca_file;
  WorkspaceVoice told;
  JournalHeads heads;
  ConductorGrant grant;
  conductor_link::Account account;
  std::unique_ptr<conductor_link::HttpLink> link;
  std::unique_ptr<conductor_link::Errands> errands;
  std::string told_hash;  // of the tools, and of whom they were listed for
};

ConductorHost::ConductorHost(Workspace& workspace, conductor_link::Enrollment enrollment)
    : parts_(std::make_unique<Parts>(workspace, std::move(enrollment))) {
  refresh();
  parts_->grant.look();
  conductor_link::LinkParts link{parts_->account,
                                 conductor_link::worker_lanes(parts_->account, parts_->ca_file),
                                 [parts = parts_.get()] {
                                   parts->grant.look();  // before whatever is answered
                                   return parts->told.vitals();
                                 },
                                 [log = &workspace.log()] { return log->head().log_id; },
                                 &parts_->heads,
                                 workspace.config().sidecar_url};
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
