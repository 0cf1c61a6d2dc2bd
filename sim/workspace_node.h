// A workspace on its machine: journal, kernel, uplink and what is said beside it, composed as the sidecar does it, with
// the scheduler in place of its threads.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conductor_link/account.h"
#include "conductor_link/errand_list.h"
#include "conductor_link/http_link.h"
#include "journal/body.h"
#include "kernel/kernel.h"
#include "log/log.h"
#include "machine.h"
#include "network.h"
#include "sidecar/conductor_grant.h"
#include "sidecar/journal_heads.h"
#include "sidecar/kernel_keeper.h"
#include "sidecar/keys.h"
#include "sidecar/workspace_voice.h"
#include "uplink/carry_out.h"
#include "uplink/engine.h"

namespace lumenflow::sim {

class WorkspaceNode {
 public:
  WorkspaceNode(Machine& machine, Network& network, Trace& trace);
  ~WorkspaceNode() { end(); }

  // Opens what the disk holds; with an uplink, once it is enrolled. Not while it runs.
  Status start();
  bool running() const { return kernel_ != nullptr && opened_; }
  Life life() const { return life_; }
  void end();  // the process is gone

  void submit(std::string_view tool, json::Value input, const std::string& key, kernel::Completion done);
  // As its operator, about what waits for an approval: the first of this tool, or of any (empty). False: nothing does.
  bool decide(std::string_view tool, bool approve);
  // The request's body for a ticket. What comes of it is for kernel:enroll; the next start takes it up.
  json::Object enrollment(const std::string& ticket, const std::string& conductor_token) const;

  // Nothing is left to be done or said.
  bool at_rest() const;
  std::string unrest() const;  // for a person
  std::string alarm() const { return heads_ == nullptr ? std::string() : heads_->alarm(); }

  Machine& machine() { return machine_; }
  const std::string& name() const { return machine_.name; }
  log::Log& journal() { return *log_; }
  kernel::Kernel& kernel() { return *kernel_; }
  const uplink::Engine* engine() const { return engine_.get(); }

 private:
  struct Mailbox;
  Status read_enrollment();
  void look_at_enrollment();
  Status open_journal();
  Status open_kernel();
  Status open_uplink();
  void ring();  // the kernel's doorbell
  void run_strand();
  void arrange_strand();
  void wake_uplink();
  void run_uplink();
  void wake_errands();
  void run_errands();
  uplink::Millis now() const;
  void submit_as(std::string_view tool, json::Value input, const std::string& key,
                 std::shared_ptr<const kernel::Credential> credential, kernel::Completion done);

  Machine& machine_;
  Network& network_;
  Trace& trace_;
  sidecar::WorkspaceKeys keys_;
  std::string operator_key_;                              // private
  std::optional<conductor_link::Enrollment> enrollment_;  // nothing: it has none that can be used
  Life life_ = kWorld;
  bool opened_ = false;
  bool in_task_ = false, in_strand_ = false, rung_ = false;
  bool strand_due_ = false;
  std::chrono::nanoseconds strand_at_{0};  // the latest wake that was asked for; 0: none
  bool uplink_due_ = false;
  Micros uplink_at_{0};
  bool log_rung_ = false;
  bool errand_under_way_ = false, errands_rung_ = false;
  std::uint64_t errand_wakes_ = 0;
  std::string last_connection_;

  std::unique_ptr<SimExecutor> executor_, beside_;
  std::unique_ptr<journal::BlobStore> blobs_;
  std::unique_ptr<log::Log> log_;
  std::unique_ptr<kernel::Kernel> kernel_;
  std::unique_ptr<sidecar::KernelKeeper> keeper_;
  std::unique_ptr<uplink::Source> source_;
  std::unique_ptr<uplink::Engine> engine_;
  std::unique_ptr<sidecar::WorkspaceVoice> voice_;
  std::unique_ptr<sidecar::JournalHeads> heads_;
  std::unique_ptr<sidecar::ConductorGrant> grant_;
  std::unique_ptr<conductor_link::Account> account_;
  std::unique_ptr<conductor_link::HttpLink> link_;
  std::unique_ptr<conductor_link::ErrandList> errands_;
  std::shared_ptr<Mailbox> mailbox_;  // shared with callbacks that come late
};

}  // namespace lumenflow::sim
