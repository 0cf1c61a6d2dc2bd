#include "journal/tasks.h"

#include <algorithm>
#include <utility>

#include "base/sha256.h"
#include "journal/tables.h"
#include "json/canonical.h"

namespace lumenflow::journal {
namespace {

constexpr std::int64_t kTaskFormat = 1;

Error damaged_task(std::string_view id) {
  return Error(ErrorCode::kJournalDamaged, "the record of the task '" + std::string(id) + "' cannot be read");
}

std::string state_key(TaskState state, std::string_view id) {
  return std::string(name(state)).append(1, '\0').append(id);
}

void set_text(json::Object& object, const char* key, const std::string& text) {
  if (!text.empty()) object.set(key, text);
}

void set_value(json::Object& object, const char* key, const json::Value& value) {
  if (!value.is_null()) object.set(key, value);
}

std::string text_at(const json::Value& value, const char* key) { return std::string(json::string_or(value, key, "")); }

json::Value value_at(const json::Value& value, const char* key) {
  const json::Value* found = value.find(key);
  return found == nullptr ? json::Value() : *found;
}

std::string encode_task(const Task& task) {
  json::Object record = document_of(task);
  record.set("format", kTaskFormat);
  record.set("created_at", task.created_at.ms);
  record.set("updated_at", task.updated_at.ms);
  if (task.claimed_at.ms != 0) record.set("claimed_at", task.claimed_at.ms);
  return json::serialize(record);
}

Result<Task> decode_task(std::string_view id, std::string_view text) {
  const Result<json::Value> read = json::parse(text, {.depth_max = 256});
  if (!read.ok() || !read->is_object() || json::integer_or(*read, "format", 0) != kTaskFormat) return damaged_task(id);
  const json::Value& value = *read;
  const auto state = task_state_from_name(json::string_or(value, "state", ""));
  if (!state || json::string_or(value, "task_id", "") != id) return damaged_task(id);
  Task task;
  task.id = id;
  task.type = text_at(value, "type");
  task.title = text_at(value, "title");
  task.lane = text_at(value, "lane");
  task.spec = value_at(value, "spec");
  task.spec_hash = text_at(value, "spec_hash");
  task.state = *state;
  task.created_by = text_at(value, "created_by");
  task.created_at = Timestamp{json::integer_or(value, "created_at", 0)};
  task.updated_at = Timestamp{json::integer_or(value, "updated_at", 0)};
  task.claimed_by = text_at(value, "claimed_by");
  task.claimed_at = Timestamp{json::integer_or(value, "claimed_at", 0)};
  task.session_id = text_at(value, "session_id");
  task.reason = text_at(value, "reason");
  task.wait_for = value_at(value, "wait_for");
  task.parent_id = text_at(value, "parent_task_id");
  task.delegation_id = text_at(value, "delegation_id");
  task.domain_data = value_at(value, "domain_data");
  if (const json::Value* refs = value.find("evidence_refs"); refs != nullptr && refs->is_array())
    for (const json::Value& ref : refs->as_array())
      if (const std::string* each = ref.if_string()) task.evidence_refs.push_back(*each);
  return task;
}

Result<Task> read_indexed(const log::TableReader& tables, std::string_view id) {
  LUMENFLOW_TRY_ASSIGN(std::optional<Task> task, find_task(tables, id));
  if (!task) return damaged_task(id);
  return *std::move(task);
}

}  // namespace

std::optional<TaskState> task_state_from_name(std::string_view name) {
  const auto found = std::ranges::find(kTaskStates, name);
  if (found == kTaskStates.end()) return std::nullopt;
  return static_cast<TaskState>(found - kTaskStates.begin());
}

std::optional<TaskState> after(TaskState state, TaskStep step) {
  using enum TaskState;
  switch (step) {
    case TaskStep::kClaim:
      return state == kReady ? std::optional(kActive) : std::nullopt;
    case TaskStep::kBlock:
      return state == kActive ? std::optional(kBlocked) : std::nullopt;
    case TaskStep::kUnblock:
      return state == kBlocked ? std::optional(kActive) : std::nullopt;
    case TaskStep::kWait:
      return state == kActive ? std::optional(kWaiting) : std::nullopt;
    case TaskStep::kResume:
      return state == kWaiting ? std::optional(kActive) : std::nullopt;
    case TaskStep::kRelease:
      return state == kActive ? std::optional(kReady) : std::nullopt;
    case TaskStep::kComplete:
      break;
  }
  return state == kActive || state == kBlocked || state == kWaiting ? std::optional(kDone) : std::nullopt;
}

std::vector<TaskStep> legal_steps(TaskState state) {
  std::vector<TaskStep> steps;
  for (std::size_t i = 0; i < kTaskSteps.size(); ++i)
    if (after(state, static_cast<TaskStep>(i))) steps.push_back(static_cast<TaskStep>(i));
  return steps;
}

bool is_claimed(const Task& task) { return task.state != TaskState::kReady && task.state != TaskState::kDone; }

Result<std::string> spec_hash_of(const Task& task) {
  json::Object asked{{"title", task.title}, {"type", task.type}};
  set_text(asked, "lane", task.lane);
  set_value(asked, "spec", task.spec);
  LUMENFLOW_TRY_ASSIGN(const std::string text, json::canonical(asked));
  return sha256_hex(text);
}

json::Object document_of(const Task& task) {
  json::Object document{{"task_id", task.id}, {"type", task.type}, {"title", task.title}, {"state", name(task.state)}};
  set_text(document, "lane", task.lane);
  set_value(document, "spec", task.spec);
  document.set("spec_hash", task.spec_hash);
  document.set("created_by", task.created_by);
  document.set("created_at", format_rfc3339(task.created_at));
  document.set("updated_at", format_rfc3339(task.updated_at));
  set_text(document, "claimed_by", task.claimed_by);
  if (task.claimed_at.ms != 0) document.set("claimed_at", format_rfc3339(task.claimed_at));
  set_text(document, "session_id", task.session_id);
  set_text(document, "reason", task.reason);
  set_value(document, "wait_for", task.wait_for);
  set_text(document, "parent_task_id", task.parent_id);
  set_text(document, "delegation_id", task.delegation_id);
  set_value(document, "domain_data", task.domain_data);
  if (!task.evidence_refs.empty())
    document.set("evidence_refs", json::Array(task.evidence_refs.begin(), task.evidence_refs.end()));
  return document;
}

Result<std::optional<Task>> find_task(const log::TableReader& tables, std::string_view id) {
  LUMENFLOW_TRY_ASSIGN(const auto text, tables.get(kTasksTable, id));
  if (!text) return std::optional<Task>();
  LUMENFLOW_TRY_ASSIGN(Task task, decode_task(id, *text));
  return std::optional(std::move(task));
}

Result<TaskPage> list_tasks(const log::TableReader& tables, std::optional<TaskState> state, std::string_view after,
                            std::size_t limit) {
  TaskPage page;
  if (!state) {
    LUMENFLOW_TRY_ASSIGN(const auto rows, tables.scan(kTasksTable, "", after, limit));
    for (const log::KeyValue& row : rows) {
      LUMENFLOW_TRY_ASSIGN(Task task, decode_task(row.key, row.value));
      page.items.push_back(std::move(task));
    }
  } else {
    const std::string prefix = state_key(*state, "");
    LUMENFLOW_TRY_ASSIGN(const auto rows,
                         tables.scan(kTaskStatesTable, prefix, after.empty() ? "" : state_key(*state, after), limit));
    for (const log::KeyValue& row : rows) {
      LUMENFLOW_TRY_ASSIGN(Task task, read_indexed(tables, std::string_view(row.key).substr(prefix.size())));
      page.items.push_back(std::move(task));
    }
  }
  if (page.items.size() == limit && limit > 0) page.next = page.items.back().id;
  return page;
}

Result<TaskPage> claimed_tasks(const log::TableReader& tables, std::string_view after, std::size_t limit) {
  TaskPage page;
  LUMENFLOW_TRY_ASSIGN(const auto rows, tables.scan(kTaskClaimsTable, "", after, limit));
  for (const log::KeyValue& row : rows) {
    LUMENFLOW_TRY_ASSIGN(Task task, read_indexed(tables, row.key));
    page.items.push_back(std::move(task));
  }
  if (page.items.size() == limit && limit > 0) page.next = page.items.back().id;
  return page;
}

Status put_task(log::Log& log, const Task* before, const Task& task) {
  LUMENFLOW_TRY(log.put(kTasksTable, task.id, encode_task(task)));
  if (before == nullptr || before->state != task.state) {
    if (before != nullptr) LUMENFLOW_TRY(log.erase(kTaskStatesTable, state_key(before->state, task.id)));
    LUMENFLOW_TRY(log.put(kTaskStatesTable, state_key(task.state, task.id), ""));
  }
  const bool was_claimed = before != nullptr && is_claimed(*before);
  if (was_claimed && !is_claimed(task)) LUMENFLOW_TRY(log.erase(kTaskClaimsTable, task.id));
  if (!was_claimed && is_claimed(task)) LUMENFLOW_TRY(log.put(kTaskClaimsTable, task.id, ""));
  return {};
}

}  // namespace lumenflow::journal
