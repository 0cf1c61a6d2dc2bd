// The commands of governance: who may do what, what waits for somebody, what is stopped, and who is at what. As in
// commands.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/context.h"

namespace lumenflow::cli {

struct TokenFlags {
  std::string subject;
  std::string scope;
  std::string audience;
  std::string ttl;
  std::string token_id;  // revoke
  std::string passphrase_file;
  bool json = false;
};
int run_token_mint(Context& context, const TokenFlags& flags);
int run_token_revoke(Context& context, const TokenFlags& flags);

// A conductor, and leaving it.
struct EnrollFlags {
  std::string conductor;  // URL
  std::string ticket;
  std::string scope;         // what the conductor may do here; empty: workspace
  std::string ca_file;       // trusted there instead of the system's authorities
  std::string install_file;  // an answer that was carried by hand
  std::string passphrase_file;
  bool print_request = false;  // to be carried by hand
  bool backlog = false;        // what was emitted before goes there, too
  bool json = false;
};
int run_enroll(Context& context, const EnrollFlags& flags);
int run_unenroll(Context& context, const EnrollFlags& flags);

// Brakes; without a target what is stopped is listed.
struct StopFlags {
  std::string target;  // all, a tool, or a subject
  std::string reason;
  std::string passphrase_file;  // resume
  bool json = false;
};
int run_stop(Context& context, const StopFlags& flags);
int run_resume(Context& context, const StopFlags& flags);

// The operator key that is on the disk, instead of the one that is pinned.
struct OperatorKeyFlags {
  std::string thumbprint;       // of the one on the disk, as `doctor` says it
  std::string old_key_file;     // accept: PEM of the pinned one's private half
  std::string passphrase_file;  // accept: of that
  bool json = false;
};
int run_operator_key_accept(Context& context, const OperatorKeyFlags& flags);
int run_operator_key_repin(Context& context, const OperatorKeyFlags& flags);

struct DeviceFlags {
  std::string id;
  std::string name;             // add; empty: the id
  std::string scope;            // add: what it would be given; empty: to look and to decide
  std::string public_key_file;  // add: PEM of its key; empty: it is invited over the conductor
  std::string passphrase_file;
  bool json = false;
};
int run_device_add(Context& context, const DeviceFlags& flags);
int run_device_revoke(Context& context, const DeviceFlags& flags);
int run_device_list(Context& context, const DeviceFlags& flags);

// What the rules of lumenflow.yaml and of the packs say, from the files alone.
struct PolicyFlags {
  std::string target;        // explain: a tool; test: a file of expectations
  std::string input = "{}";  // JSON, @FILE or -
  std::string subject;       // empty: a local user
  std::string lane;
  bool json = false;
};
int run_policy_explain(Context& context, const PolicyFlags& flags);
int run_policy_test(Context& context, const PolicyFlags& flags);

// Calls that wait for an approval.
struct ApprovalFlags {
  std::vector<std::string> ids;  // show: one
  std::string reason;
  std::string passphrase_file;
  bool no_wait = false;  // approve: what becomes of the call is for another command
  bool json = false;
};
int run_approvals_list(Context& context, const ApprovalFlags& flags);
int run_approvals_show(Context& context, const ApprovalFlags& flags);
int run_approvals_approve(Context& context, const ApprovalFlags& flags);
int run_approvals_deny(Context& context, const ApprovalFlags& flags);

// What calls left behind that did not end as they should.
struct RecoverFlags {
  std::string id;      // show, confirm
  std::string reason;  // confirm, with what follows
  std::string passphrase_file;
  bool no_wait = false;  // confirm: as above
  bool all = false;      // list: also what is confirmed, and what needs nothing
  bool json = false;
};
int run_recover_list(Context& context, const RecoverFlags& flags);
int run_recover_show(Context& context, const RecoverFlags& flags);
int run_recover_confirm(Context& context, const RecoverFlags& flags);

// The workspace's units of work.
struct TaskFlags {
  std::string id;
  std::string type = {}, title = {}, lane = {}, parent = {};
  std::string spec = {}, wait_for = {};  // JSON objects
  std::string reason = {}, session = {};
  std::string state = {};  // list: those alone
  std::vector<std::string> evidence = {};
  bool json = false;
};
int run_tasks_list(Context& context, const TaskFlags& flags);
int run_tasks_show(Context& context, const TaskFlags& flags);
int run_tasks_change(Context& context, std::string_view change, const TaskFlags& flags);  // create, claim, block, …

// Prints a link that signs one browser in at the page that `up --ui` serves.
int run_ui(Context& context, bool json);

}  // namespace lumenflow::cli
