// lumenflow recover: what calls left behind, and consents to what is proposed, signed here with the operator key.
#include <ostream>

#include "cli/audit_call.h"
#include "cli/commands.h"
#include "cli/commands_governance.h"
#include "cli/operator_hand.h"
#include "cli/output.h"
#include "cli/session.h"
#include "journal/recoveries.h"
#include "sidecar/keys.h"
#include "sidecar/workspace.h"

namespace lumenflow::cli {
namespace {

// What the tool may touch, where its effects are to be looked for.
std::string scopes_of(Session& session, const std::string& tool) {
  const Result<json::Value> described = session.get("/tools/" + encode_path_segment(tool));
  const json::Value* scopes = described.ok() ? described->find("required_scopes") : nullptr;
  return scopes == nullptr ? "unknown: no active pack has the tool" : json::serialize(*scopes);
}

void print_recovery(const Context& context, Session& session, const json::Value& recovery) {
  std::vector<std::vector<std::string>> rows;
  for (const json::Member& member : recovery.as_object())
    if (member.key != "recovery_call" && member.key != "decider") rows.push_back({member.key, cell(&member.value)});
  const std::string receipt = cell(recovery.find("receipt_id"));
  rows.push_back({"required_scopes", scopes_of(session, cell(recovery.find("tool")))});
  rows.push_back({"inspect", "`lumenflow audit show " + receipt + "`, and what the scopes name"});
  print_table(context.out, {"WHAT", "VALUE"}, rows);
  const Result<json::Value> broken = session.get("/calls/" + encode_path_segment(receipt));
  if (const json::Value* input = broken.ok() ? broken->find("input") : nullptr) {
    context.out << "it was called with:\n";
    print_lines(context.out, json::serialize_pretty(*input) + "\n");
  }
  if (const json::Value* call = recovery.find("recovery_call")) {
    context.out << "a confirmation calls " << cell(call->find("tool")) << " with:\n";
    if (const json::Value* input = call->find("input")) print_lines(context.out, json::serialize_pretty(*input) + "\n");
  } else {
    context.out << "nothing is proposed: a confirmation says that it was dealt with\n";
  }
}

// What the kernel will check: the statement over what the workspace showed us, by the key that it has pinned.
Result<json::Value> confirm_shown(const Context& context, Session& session, const RecoverFlags& flags,
                                  const std::string& key) {
  if (!journal::receipt_of_recovery(flags.id))
    return Error(ErrorCode::kNotFound, "'" + flags.id + "' is no recovery's id; `lumenflow recover list`");
  LUMENFLOW_TRY_ASSIGN(const json::Value shown, session.get("/recoveries/" + encode_path_segment(flags.id)));
  LUMENFLOW_TRY_ASSIGN(const json::Value input, signed_consent(shown, {true, flags.reason, context.clock.now()}, key));
  return data_of(session.call_kernel("kernel:confirm", input));
}

struct Confirmer {
  std::string key;  // the operator's, unlocked
  std::unique_ptr<Session> session;
};

Result<Confirmer> make_confirmer(Context& context, const RecoverFlags& flags) {
  LUMENFLOW_TRY_ASSIGN(const std::string root, workspace_root(context));
  LUMENFLOW_TRY_ASSIGN(const std::string passphrase, operator_passphrase(context, flags.passphrase_file));
  LUMENFLOW_TRY_ASSIGN(std::string key,
                       sidecar::unlock_operator_key(context.files, sidecar::WorkspacePaths(root).keys, passphrase));
  LUMENFLOW_TRY_ASSIGN(std::unique_ptr<Session> session, Session::open(context));
  return Confirmer{std::move(key), std::move(session)};
}

}  // namespace

int run_recover_list(Context& context, const RecoverFlags& flags) {
  const auto session = Session::open(context);
  if (!session.ok()) return fail(context, session.error());
  std::vector<std::vector<std::string>> rows;
  for (std::string after = "0"; !after.empty();) {
    const Result<json::Value> page =
        (*session)->get("/recoveries?limit=1000&state=" + std::string(flags.all ? "all" : "open") + "&after=" + after);
    if (!page.ok()) return fail(context, page.error());
    if (const json::Value* items = page->find("items"); items != nullptr && items->is_array())
      for (const json::Value& item : items->as_array()) {
        if (flags.json) context.out << json::serialize(item) << "\n";
        rows.push_back({cell(item.find("recovery_id")), cell(item.find("state")), cell(item.find("cleanup_status")),
                        cell(item.find("tool")), cell(item.find("recovery_action"))});
      }
    after = json::string_or(*page, "next", "");
  }
  if (!flags.json) print_table(context.out, {"RECOVERY", "STATE", "CLEANUP", "TOOL", "WHAT TO DO"}, rows);
  return 0;
}

int run_recover_show(Context& context, const RecoverFlags& flags) {
  const auto session = Session::open(context);
  if (!session.ok()) return fail(context, session.error());
  const Result<json::Value> recovery = (*session)->get("/recoveries/" + encode_path_segment(flags.id));
  if (!recovery.ok()) return fail(context, recovery.error());
  flags.json ? void(context.out << json::serialize(*recovery) << "\n") : print_recovery(context, **session, *recovery);
  return 0;
}

int run_recover_confirm(Context& context, const RecoverFlags& flags) {
  const Result<Confirmer> confirmer = make_confirmer(context, flags);
  if (!confirmer.ok()) return fail(context, confirmer.error());
  Session& session = *confirmer->session;
  const Result<json::Value> confirmed = confirm_shown(context, session, flags, confirmer->key);
  if (!confirmed.ok()) return fail(context, confirmed.error());
  const json::Value* receipt = confirmed->find("confirmation_receipt_id");
  if (flags.json)
    context.out << json::serialize(*confirmed) << "\n";
  else if (receipt == nullptr)
    context.out << flags.id << ": confirmed; nothing was proposed, and nothing is called\n";
  else
    context.out << flags.id << ": confirmed; `lumenflow audit show " << cell(receipt)
                << "` says what becomes of the call\n";
  if (receipt == nullptr || flags.no_wait) return 0;
  json::Value call;
  const int exit_code = await_recorded_call(context, session, cell(receipt), flags.json ? &call : nullptr);
  if (!call.is_null()) context.out << json::serialize(call) << "\n";
  return exit_code;
}

}  // namespace lumenflow::cli
