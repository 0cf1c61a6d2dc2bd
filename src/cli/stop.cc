// lumenflow stop, lumenflow resume.
#include <ostream>

#include "cli/commands.h"
#include "cli/commands_governance.h"
#include "cli/output.h"
#include "cli/session.h"

namespace lumenflow::cli {
namespace {

bool names(const json::Value& tool, const std::string& target) {
  if (json::string_or(tool, "name", "") == target) return true;
  const json::Value* aliases = tool.find("aliases");
  if (aliases == nullptr || !aliases->is_array()) return false;
  for (const json::Value& alias : aliases->as_array())
    if (alias == json::Value(target)) return true;
  return false;
}

// "all", the tool that has this name or alias, or else whoever it is the subject of.
Result<json::Object> input_of_target(Session& session, const std::string& target) {
  if (target == "all") return json::Object{{"all", true}};
  LUMENFLOW_TRY_ASSIGN(const json::Value listed, session.get("/tools"));
  for (const json::Value& tool : listed.find("tools")->as_array())
    if (names(tool, target)) return json::Object{{"tool", std::string(json::string_or(tool, "name", ""))}};
  const std::string id(json::string_or(listed, "workspace_id", ""));
  if (target == id || target.starts_with(id + ":")) return json::Object{{"subject", target}};
  return Error(ErrorCode::kNotFound, "'" + target +
                                         "' is neither a tool (`lumenflow tools`) nor a subject, which is '" + id +
                                         "' or starts with '" + id + ":'; 'all' stops everything");
}

Result<json::Value> stop(Context& context, const StopFlags& flags) {
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Session> session, Session::open(context));
  LUMENFLOW_TRY_ASSIGN(json::Object input, input_of_target(*session, flags.target));
  if (!flags.reason.empty()) input.set("reason", flags.reason);
  return data_of(session->call_kernel("kernel:stop", json::Value(std::move(input))));
}

Result<json::Value> list_stopped(Context& context) {
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Session> session, Session::open(context));
  return data_of(session->call_kernel("kernel:stop_list", json::Object{}));
}

// What is stopped may be gone since; what `lumenflow stop` lists can be resumed, by its name or as it is listed.
Result<json::Object> input_of_order(Session& session, const std::string& target) {
  Result<json::Object> input = input_of_target(session, target);
  if (input.ok() || input.error().code() != ErrorCode::kNotFound) return input;
  LUMENFLOW_TRY_ASSIGN(const json::Value stopped, data_of(session.call_kernel("kernel:stop_list", json::Object{})));
  for (const json::Value& order : stopped.find("items")->as_array()) {
    const std::string_view listed = json::string_or(order, "target", "");
    for (const std::string_view kind : {"tool", "subject"}) {
      const std::string prefix = std::string(kind) + "/";
      if (listed.starts_with(prefix) && (listed == target || listed.substr(prefix.size()) == target))
        return json::Object{{std::string(kind), std::string(listed.substr(prefix.size()))}};
    }
  }
  return input;
}

Result<json::Value> resume(Context& context, const StopFlags& flags) {
  LUMENFLOW_TRY_ASSIGN(const std::string passphrase, operator_passphrase(context, flags.passphrase_file));
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Session> session, Session::open(context));
  LUMENFLOW_TRY_ASSIGN(json::Object input, input_of_order(*session, flags.target));
  return data_of(session->call_kernel("kernel:resume", json::Value(std::move(input)), passphrase));
}

int say(Context& context, const StopFlags& flags, const Result<json::Value>& done, const char* what) {
  if (!done.ok()) return fail(context, done.error());
  if (flags.json)
    context.out << json::serialize(*done) << "\n";
  else
    context.out << cell(done->find("target")) << what << "\n";
  return 0;
}

int print_stopped(Context& context, const StopFlags& flags) {
  const Result<json::Value> stopped = list_stopped(context);
  if (!stopped.ok()) return fail(context, stopped.error());
  std::vector<std::vector<std::string>> rows;
  for (const json::Value& order : stopped->find("items")->as_array()) {
    if (flags.json) context.out << json::serialize(order) << "\n";
    rows.push_back({cell(order.find("target")), cell(order.find("since")), cell(order.find("reason"))});
  }
  if (!flags.json) print_table(context.out, {"STOPPED", "SINCE", "REASON"}, rows);
  return 0;
}

}  // namespace

int run_stop(Context& context, const StopFlags& flags) {
  if (flags.target.empty()) return print_stopped(context, flags);
  return say(context, flags, stop(context, flags),
             ": calls that ran were ended, others are refused until `lumenflow resume`");
}

int run_resume(Context& context, const StopFlags& flags) {
  return say(context, flags, resume(context, flags), ": calls are taken again");
}

}  // namespace lumenflow::cli
