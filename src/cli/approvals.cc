// lumenflow approvals: calls that wait for an approval, and decisions on them, signed here with the operator key.
#include <algorithm>
#include <ostream>

#include "cli/audit_call.h"
#include "cli/commands.h"
#include "cli/commands_governance.h"
#include "cli/operator_hand.h"
#include "cli/output.h"
#include "cli/session.h"
#include "sidecar/keys.h"
#include "sidecar/workspace.h"

namespace lumenflow::cli {
namespace {

Result<json::Array> all_open(Session& session) {
  json::Array items;
  for (std::string after = "0"; !after.empty();) {
    LUMENFLOW_TRY_ASSIGN(const json::Value page, session.get("/approvals?limit=1000&after=" + after));
    if (const json::Value* list = page.find("items"); list != nullptr && list->is_array())
      items.insert(items.end(), list->as_array().begin(), list->as_array().end());
    after = json::string_or(page, "next", "");
  }
  return items;
}

void print_approval(const Context& context, const json::Value& approval, const std::string& does) {
  const auto line = [&](std::string_view what, const char* key) {
    context.out << what << std::string(14 - what.size(), ' ') << cell(approval.find(key)) << "\n";
  };
  line("approval", "approval_id");
  line("state", "state");
  line("tool", "tool");
  line("requested by", "requested_by");
  line("requested at", "requested_at");
  line("expires at", "expires_at");
  line("receipt", "receipt_id");
  line("digest", "call_digest");
  if (!does.empty()) context.out << "what it does  " << printable(does) << "\n";
  const json::Value* call = approval.find("call");
  for (const char* key : {"surfaces", "rules", "input"})
    if (const json::Value* value = call == nullptr ? nullptr : call->find(key)) {
      context.out << key << ":\n";
      print_lines(context.out, json::serialize_pretty(*value) + "\n");
    }
  if (const json::Value* told = call == nullptr ? nullptr : call->at_pointer("/summary/data")) {
    context.out << "what " << printable(json::string_or(*call->find("summary"), "tool", "")) << " says of it:\n";
    print_lines(context.out, json::serialize_pretty(*told) + "\n");
  }
  if (const json::Value* decisions = approval.find("decisions"); decisions != nullptr && decisions->is_array())
    for (const json::Value& decision : decisions->as_array())
      context.out << "decided: " << cell(decision.find("decision")) << " by " << cell(decision.find("decided_by"))
                  << " at " << cell(decision.find("decided_at")) << " " << cell(decision.find("reason")) << "\n";
}

struct Decider {
  std::string key;  // the operator's, unlocked
  std::unique_ptr<Session> session;
};

Result<Decider> make_decider(Context& context, const ApprovalFlags& flags) {
  LUMENFLOW_TRY_ASSIGN(const std::string root, workspace_root(context));
  LUMENFLOW_TRY_ASSIGN(const std::string passphrase, operator_passphrase(context, flags.passphrase_file));
  LUMENFLOW_TRY_ASSIGN(std::string key,
                       sidecar::unlock_operator_key(context.files, sidecar::WorkspacePaths(root).keys, passphrase));
  LUMENFLOW_TRY_ASSIGN(std::unique_ptr<Session> session, Session::open(context));
  return Decider{std::move(key), std::move(session)};
}

// What the kernel will check: the statement over what the workspace showed us, by the key that it has pinned.
Result<json::Value> decide(const Context& context, Decider& decider, const std::string& id, const std::string& reason,
                           bool approve) {
  LUMENFLOW_TRY_ASSIGN(const json::Value shown, decider.session->get("/approvals/" + encode_path_segment(id)));
  LUMENFLOW_TRY_ASSIGN(const json::Value input,
                       signed_decision(shown, {approve, reason, context.clock.now()}, decider.key));
  return data_of(decider.session->call_kernel(approve ? "kernel:approve" : "kernel:deny", input));
}

void print_decided(const Context& context, const json::Value& decided) {
  const std::string_view state = json::string_or(decided, "state", "");
  context.out << cell(decided.find("approval_id")) << ": ";
  if (state == "open")
    context.out << "approved by " << json::integer_or(decided, "approvals", 0) << " of "
                << json::integer_or(decided, "approvals_needed", 0) << "; the call waits for the others\n";
  else if (state == "approved")
    context.out << "approved; `lumenflow audit show " << cell(decided.find("receipt_id"))
                << "` says what becomes of the call\n";
  else
    context.out << state << "\n";
}

// Each by itself: one that is refused holds up no other, and makes the command fail.
int run_decisions(Context& context, const ApprovalFlags& flags, bool approve) {
  Result<Decider> decider = make_decider(context, flags);
  if (!decider.ok()) return fail(context, decider.error());
  int exit_code = 0;
  std::vector<std::string> running;  // receipts: all are decided before any is waited for
  for (const std::string& id : flags.ids) {
    const Result<json::Value> decided = decide(context, *decider, id, flags.reason, approve);
    if (!decided.ok()) {
      Error error = decided.error();
      exit_code = fail(context, std::move(error).with_context(id));
      continue;
    }
    if (flags.json)
      context.out << json::serialize(*decided) << "\n";
    else
      print_decided(context, *decided);
    if (json::string_or(*decided, "state", "") == "approved") running.push_back(cell(decided->find("receipt_id")));
  }
  for (const std::string& receipt : flags.no_wait ? std::vector<std::string>() : running) {
    json::Value call;
    exit_code =
        std::max(exit_code, await_recorded_call(context, *decider->session, receipt, flags.json ? &call : nullptr));
    if (flags.json && !call.is_null()) context.out << json::serialize(call) << "\n";
  }
  return exit_code;
}

}  // namespace

int run_approvals_list(Context& context, const ApprovalFlags& flags) {
  const auto session = Session::open(context);
  if (!session.ok()) return fail(context, session.error());
  const Result<json::Array> items = all_open(**session);
  if (!items.ok()) return fail(context, items.error());
  std::vector<std::vector<std::string>> rows;
  for (const json::Value& item : *items) {
    if (flags.json) context.out << json::serialize(item) << "\n";
    rows.push_back({cell(item.find("approval_id")), cell(item.find("tool")), cell(item.find("requested_by")),
                    cell(item.find("expires_at"))});
  }
  if (!flags.json) print_table(context.out, {"APPROVAL", "TOOL", "REQUESTED BY", "EXPIRES AT"}, rows);
  return 0;
}

int run_approvals_show(Context& context, const ApprovalFlags& flags) {
  const auto session = Session::open(context);
  if (!session.ok()) return fail(context, session.error());
  const Result<json::Value> approval = (*session)->get("/approvals/" + encode_path_segment(flags.ids.front()));
  if (!approval.ok()) return fail(context, approval.error());
  if (flags.json) {
    context.out << json::serialize(*approval) << "\n";
    return 0;
  }
  const Result<json::Value> tool = (*session)->get("/tools/" + encode_path_segment(cell(approval->find("tool"))));
  print_approval(context, *approval, tool.ok() ? std::string(json::string_or(*tool, "description", "")) : "");
  return 0;
}

int run_approvals_approve(Context& context, const ApprovalFlags& flags) { return run_decisions(context, flags, true); }

int run_approvals_deny(Context& context, const ApprovalFlags& flags) { return run_decisions(context, flags, false); }

}  // namespace lumenflow::cli
