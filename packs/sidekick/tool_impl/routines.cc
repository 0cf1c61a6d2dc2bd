#include "sidekick/tool_impl/routines.h"

#include <optional>

#include "sidekick/constants.h"
#include "sidekick/tool_impl/cron.h"
#include "sidekick/tool_impl/page.h"
#include "sidekick/tool_impl/text.h"
#include "sidekick/tool_impl/time.h"

namespace lumenflow::sidekick {
namespace {

Result<json::Array> read_steps(const Input& input) {
  json::Array steps;
  const json::Value* given = input.find("steps");
  const json::Array* list = given == nullptr ? nullptr : given->if_array();
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    const json::Value& step = (*list)[i];
    const std::string_view tool = trim(json::string_or(step, "tool", {}));
    if (tool.empty())
      return Error(ErrorCode::kInvalidInput, "a step needs a tool",
                   {{"/steps/" + std::to_string(i) + "/tool", "is required and must hold more than white space"}});
    const json::Value* step_input = step.find("input");
    steps.push_back(json::Object{{"tool", tool}, {"input", step_input ? *step_input : json::Value(json::Object{})}});
  }
  if (steps.empty()) return invalid_field("steps", "needs at least one step");
  return steps;
}

json::Array warnings_about(const pack::HostContext& context, const json::Array& steps) {
  json::Array warnings;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::string tool(json::string_or(steps[i], "tool", {}));
    if (!context.has_tool(tool))
      warnings.emplace_back("step " + std::to_string(i) + ": no active pack has a tool '" + tool + "'");
  }
  return warnings;
}

Result<std::optional<std::int64_t>> first_due_ms(const Input& input, std::int64_t now_ms) {
  const std::optional<std::string_view> text = input.text("cron");
  if (!text) return std::optional<std::int64_t>();
  const Result<CronSchedule> cron = CronSchedule::parse(*text);
  if (!cron.ok()) return invalid_field("cron", "is not a schedule: " + cron.error().message());
  const std::optional<std::int64_t> next_ms = cron->next_after(now_ms);
  if (!next_ms) return invalid_field("cron", "names no moment that ever comes");
  return next_ms;
}

}  // namespace

Answer create_routine(Call& call) {
  const Input& input = call.input;
  LUMENFLOW_TRY_ASSIGN(const std::string_view name, input.required_text("name"));
  LUMENFLOW_TRY_ASSIGN(json::Array steps, read_steps(input));
  LUMENFLOW_TRY_ASSIGN(const std::optional<std::int64_t> due_ms, first_due_ms(input, call.context.now_ms()));
  const std::optional<std::string_view> on_event = input.text("on_event");
  if (on_event == kRoutineDue) return invalid_field("on_event", "is what routines themselves emit");
  json::Array warnings = warnings_about(call.context, steps);
  const std::string id = std::string(kRoutineIdPrefix) + call.context.new_ulid();
  std::string now = format_time(call.context.now_ms());
  const bool enabled = input.find("enabled") == nullptr || input.flag("enabled");

  json::Object routine;
  routine.reserve(10);
  routine.append("id", id);
  routine.append("name", name);
  routine.append("steps", std::move(steps));
  if (const auto cron = input.text("cron")) routine.append("cron", *cron);
  if (on_event) routine.append("on_event", *on_event);
  routine.append("enabled", enabled);
  if (due_ms && enabled) routine.append("next_due_at", format_time(*due_ms));
  routine.append("created_at", now);
  routine.append("updated_at", std::move(now));

  json::Value record(std::move(routine));
  const bool dry_run = input.flag("dry_run");
  if (!dry_run) {
    LUMENFLOW_TRY(commit(call, {Collection::kRoutines, AuditOp::kCreate, id},
                         [&](Editor& routines) { return routines.insert(id, record); }));
    if (due_ms && enabled) call.context.wake(kDueTimer, *due_ms);
    if (on_event && enabled) call.context.wake(kWatchTimer, call.context.now_ms());
  }
  json::Object data;
  data.append("routine", std::move(record));
  data.append("warnings", std::move(warnings));
  if (dry_run) data.append("dry_run", true);
  return answer(std::move(data));
}

Answer list_routines(Call& call) {
  std::function<bool(const json::Value&)> accepts;
  if (call.input.flag("enabled_only"))
    accepts = [](const json::Value& routine) { return json::boolean_or(routine, "enabled", false); };
  return newest_page(call, Collection::kRoutines, kRoutineIdPrefix, accepts);
}

Answer plan_routine(Call& call) {
  LUMENFLOW_TRY_ASSIGN(const std::string_view id, call.input.required_text("id"));
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Snapshot> routines, call.storage.read(Collection::kRoutines));
  LUMENFLOW_TRY_ASSIGN(const std::optional<json::Value> routine, routines->find(id));
  if (!routine) return Error(ErrorCode::kNotFound, "no routine " + std::string(id));
  json::Array plan;
  if (const json::Value* steps = routine->find("steps"); steps != nullptr && steps->is_array())
    for (const json::Value& step : steps->as_array()) {
      const json::Value* input = step.find("input");
      plan.push_back(json::Object{{"index", static_cast<std::int64_t>(plan.size())},
                                  {"tool", json::string_or(step, "tool", {})},
                                  {"input", input == nullptr ? json::Value(json::Object{}) : *input}});
    }
  return answer({{"routine_id", id},
                 {"name", json::string_or(*routine, "name", {})},
                 {"plan_only", true},
                 {"plan", std::move(plan)},
                 {"governance", json::Object{{"dispatch_required", true}}}});
}

}  // namespace lumenflow::sidekick
