// lumenflow tasks …: the workspace's units of work.
#include <ostream>

#include "cli/commands.h"
#include "cli/commands_governance.h"
#include "cli/output.h"
#include "cli/session.h"

namespace lumenflow::cli {
namespace {

void print_task(const Context& context, const json::Value& task) {
  std::vector<std::vector<std::string>> rows;
  for (const json::Member& member : task.as_object()) rows.push_back({member.key, cell(&member.value)});
  print_table(context.out, {"WHAT", "VALUE"}, rows);
}

Result<json::Value> parse_member(std::string_view option, const std::string& text) {
  Result<json::Value> value = json::parse(text, {.depth_max = 64});
  if (value.ok() && value->is_object()) return value;
  return Error(ErrorCode::kInvalidRequest, std::string(option) + " takes a JSON object, e.g. '{\"a\": 1}'");
}

// What the options say, as the tool's input.
Result<json::Object> input_of(const TaskFlags& flags) {
  json::Object input{{"task_id", flags.id}};
  const auto text = [&input](const char* member, const std::string& value) {
    if (!value.empty()) input.set(member, value);
  };
  text("type", flags.type);
  text("title", flags.title);
  text("lane", flags.lane);
  text("reason", flags.reason);
  text("session_id", flags.session);
  text("parent_task_id", flags.parent);
  for (const auto& [member, option, value] :
       {std::tuple("spec", "--spec", &flags.spec), std::tuple("wait_for", "--for", &flags.wait_for)})
    if (!value->empty()) {
      LUMENFLOW_TRY_ASSIGN(json::Value parsed, parse_member(option, *value));
      input.set(member, std::move(parsed));
    }
  if (!flags.evidence.empty()) input.set("evidence_refs", json::Array(flags.evidence.begin(), flags.evidence.end()));
  return input;
}

}  // namespace

int run_tasks_list(Context& context, const TaskFlags& flags) {
  const auto session = Session::open(context);
  if (!session.ok()) return fail(context, session.error());
  std::vector<std::vector<std::string>> rows;
  for (std::string after = "0"; !after.empty();) {
    std::string path = "/tasks?limit=500&after=" + encode_path_segment(after);
    if (!flags.state.empty()) path += "&state=" + encode_path_segment(flags.state);
    const Result<json::Value> page = (*session)->get(path);
    if (!page.ok()) return fail(context, page.error());
    const json::Value* items = page->find("items");
    if (items == nullptr || !items->is_array())
      return fail(context, Error(ErrorCode::kInternal, "the sidecar answered without items"));
    for (const json::Value& task : items->as_array()) {
      if (flags.json) context.out << json::serialize(task) << "\n";
      rows.push_back({cell(task.find("task_id")), cell(task.find("state")), cell(task.find("lane")),
                      cell(task.find("claimed_by")), cell(task.find("title"))});
    }
    after = json::string_or(*page, "next", "");
  }
  if (!flags.json) print_table(context.out, {"TASK", "STATE", "LANE", "CLAIMED BY", "TITLE"}, rows);
  return 0;
}

int run_tasks_show(Context& context, const TaskFlags& flags) {
  const auto session = Session::open(context);
  if (!session.ok()) return fail(context, session.error());
  const Result<json::Value> shown = (*session)->get("/tasks/" + encode_path_segment(flags.id));
  if (!shown.ok()) return fail(context, shown.error());
  const json::Value& task = *shown->find("task");
  flags.json ? void(context.out << json::serialize(task) << "\n") : print_task(context, task);
  return 0;
}

int run_tasks_change(Context& context, std::string_view change, const TaskFlags& flags) {
  Result<json::Object> input = input_of(flags);
  if (!input.ok()) return fail_usage(context, input.error());
  const auto session = Session::open(context);
  if (!session.ok()) return fail(context, session.error());
  const Result<json::Value> data =
      data_of((*session)->call_kernel("kernel:task_" + std::string(change), json::Value(*std::move(input))));
  if (!data.ok()) return fail(context, data.error());
  const json::Value& task = *data->find("task");
  if (flags.json)
    context.out << json::serialize(task) << "\n";
  else
    context.out << cell(task.find("task_id")) << " is " << cell(task.find("state")) << "\n";
  return 0;
}

}  // namespace lumenflow::cli
