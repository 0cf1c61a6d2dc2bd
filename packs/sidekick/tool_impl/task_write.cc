#include <optional>

#include "sidekick/constants.h"
#include "sidekick/tool_impl/cron.h"
#include "sidekick/tool_impl/task.h"
#include "sidekick/tool_impl/tasks.h"
#include "sidekick/tool_impl/time.h"

namespace lumenflow::sidekick {
namespace {

Result<json::Value> find_task(const Snapshot& tasks, std::string_view id) {
  LUMENFLOW_TRY_ASSIGN(std::optional<json::Value> task, tasks.find(id));
  if (!task) return Error(ErrorCode::kNotFound, "no task " + std::string(id));
  return *std::move(task);
}

// Changes one task as `change` says, or answers what it would become. A change that returns false leaves it as it was.
Answer change_task(Call& call, const std::function<Result<bool>(json::Value&)>& change) {
  LUMENFLOW_TRY_ASSIGN(const std::string_view id, call.input.required_text("id"));
  if (call.input.flag("dry_run")) {
    LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Snapshot> tasks, call.storage.read(Collection::kTasks));
    LUMENFLOW_TRY_ASSIGN(json::Value task, find_task(*tasks, id));
    LUMENFLOW_TRY(change(task));
    return answer_record("task", std::move(task), true);
  }
  json::Value task;
  LUMENFLOW_TRY(commit(call, {Collection::kTasks, AuditOp::kUpdate, std::string(id)}, [&](Editor& tasks) -> Status {
    LUMENFLOW_TRY_ASSIGN(task, find_task(tasks, id));
    LUMENFLOW_TRY_ASSIGN(const bool changed, change(task));
    return changed ? tasks.put(id, task) : Status();
  }));
  return answer_record("task", std::move(task), false);
}

struct Schedule {
  std::optional<std::string_view> due_at;
  std::optional<std::string_view> cron;
  std::int64_t next_due_ms = 0;
};

// The due time comes first as long as it lies ahead, the matches of cron follow; a due time alone may have passed.
Result<Schedule> read_schedule(const Input& input, std::int64_t now_ms) {
  LUMENFLOW_TRY_ASSIGN(const std::optional<std::int64_t> due_ms, input.time_ms("due_at"));
  Schedule schedule{input.text("due_at"), input.text("cron"), due_ms.value_or(0)};
  if (!schedule.cron) {
    if (!due_ms) return Error(ErrorCode::kInvalidInput, "give due_at, cron or both", {{"", "needs due_at or cron"}});
    return schedule;
  }
  Result<CronSchedule> cron = CronSchedule::parse(*schedule.cron);
  if (!cron.ok()) return invalid_field("cron", "is not a schedule: " + cron.error().message());
  const std::optional<std::int64_t> next_ms = cron->next_after(now_ms);
  if (!next_ms) return invalid_field("cron", "names no moment that ever comes");
  if (!due_ms || *due_ms < now_ms) schedule.next_due_ms = *next_ms;
  return schedule;
}

void set_or_erase(json::Object& task, std::string_view field, const std::optional<std::string_view>& text) {
  if (text)
    task.set(field, *text);
  else
    task.erase(field);
}

}  // namespace

Answer create_task(Call& call) {
  const Input& input = call.input;
  LUMENFLOW_TRY_ASSIGN(const std::string_view title, input.required_text("title"));
  LUMENFLOW_TRY_ASSIGN(const std::optional<std::int64_t> due_ms, input.time_ms("due_at"));
  const std::string id = std::string(kTaskIdPrefix) + call.context.new_ulid();
  std::string now = format_time(call.context.now_ms());

  json::Object record;
  record.reserve(12);
  record.append("id", id);
  record.append("title", title);
  if (const auto description = input.text("description")) record.append("description", *description);
  record.append("status", kStatusPending);
  record.append("priority", input.text("priority").value_or(kPriorityDefault));
  record.append("tags", to_array(input.labels("tags")));
  if (const auto due_at = input.text("due_at")) record.append("due_at", *due_at);
  record.append("created_at", now);
  record.append("updated_at", std::move(now));

  json::Value task(std::move(record));
  const bool dry_run = input.flag("dry_run");
  if (!dry_run) {
    LUMENFLOW_TRY(commit(call, {Collection::kTasks, AuditOp::kCreate, id},
                         [&](Editor& tasks) { return tasks.insert(id, task); }));
    if (due_ms) call.context.wake(kDueTimer, *due_ms);
  }
  return answer_record("task", std::move(task), dry_run);
}

Answer complete_task(Call& call) {
  const std::optional<std::string_view> note = call.input.text("note");
  return change_task(call, [&](json::Value& record) -> Result<bool> {
    if (is_done(record)) return false;
    json::Object& task = record.as_object();
    std::string now = format_time(call.context.now_ms());
    task.set("status", kStatusDone);
    task.erase("next_due_at");  // it falls due no more
    if (note) task.set("note", *note);
    task.set("completed_at", now);
    task.set("updated_at", std::move(now));
    return true;
  });
}

Answer schedule_task(Call& call) {
  LUMENFLOW_TRY_ASSIGN(const Schedule schedule, read_schedule(call.input, call.context.now_ms()));
  if (!call.input.flag("dry_run")) call.context.wake(kDueTimer, schedule.next_due_ms);
  return change_task(call, [&](json::Value& record) -> Result<bool> {
    if (is_done(record)) return invalid_field("id", "names a task that is done, which falls due no more");
    json::Object& task = record.as_object();
    set_or_erase(task, "due_at", schedule.due_at);
    set_or_erase(task, "cron", schedule.cron);
    task.set("next_due_at", format_time(schedule.next_due_ms));
    task.set("updated_at", format_time(call.context.now_ms()));
    return true;
  });
}

}  // namespace lumenflow::sidekick
