#include "kernel/task_change.h"

#include <algorithm>
#include <utility>

#include "kernel/kernel.h"
#include "pack/diagnostic.h"

namespace lumenflow::kernel {
namespace {

using journal::Task;
using journal::TaskState;
using journal::TaskStep;

std::string text_of(const Call& by, const char* key) { return std::string(json::string_or(by.input, key, "")); }

json::Value value_of(const Call& by, const char* key) {
  const json::Value* found = by.input.find(key);
  return found == nullptr ? json::Value() : *found;
}

const Lane* find_lane(const WorkspaceConfig& config, std::string_view id) {
  const auto found = std::ranges::find(config.lanes, id, &Lane::id);
  return found == config.lanes.end() ? nullptr : &*found;
}

Error no_lane(const WorkspaceConfig& config, const std::string& lane) {
  std::vector<std::string_view> ids;
  for (const Lane& each : config.lanes) ids.push_back(each.id);
  const auto meant = pack::nearest(lane, ids);
  return Error(ErrorCode::kInvalidInput,
               "lumenflow.yaml has no lane '" + lane + "'" +
                   (meant ? "; did you mean '" + *meant + "'?" : "; add it under 'lanes', or leave 'lane' out"),
               {{"/lane", "names no lane"}});
}

// Whoever has claimed it, people at this machine, and whoever holds the whole workspace.
bool may_change(const Task& task, const Call& by) {
  const Credential& who = *by.credential;
  return task.claimed_by.empty() || task.claimed_by == actor_of(by) || by.surface == Surface::kSocket ||
         by.surface == Surface::kCli || std::ranges::find(who.scopes, "workspace") != who.scopes.end();
}

Error illegal(const Task& task, TaskStep step) {
  std::string legal;
  for (const TaskStep each : journal::legal_steps(task.state))
    legal += (legal.empty() ? "" : ", ") + std::string(name(each));
  return Error(ErrorCode::kIllegalTransition, "the task '" + task.id + "' is " + std::string(name(task.state)) +
                                                  " and cannot be taken to '" + std::string(name(step)) +
                                                  "'; legal: " + (legal.empty() ? "nothing, it is final" : legal));
}

Result<Task> new_task(const Tasks& tasks, const WorkspaceConfig& config, const Call& by, Timestamp now) {
  Task task;
  task.id = text_of(by, "task_id");
  task.type = text_of(by, "type");
  task.title = text_of(by, "title");
  task.lane = text_of(by, "lane");
  task.spec = value_of(by, "spec");
  task.created_by = actor_of(by);
  task.created_at = task.updated_at = now;
  if (!task.lane.empty() && find_lane(config, task.lane) == nullptr) return no_lane(config, task.lane);
  LUMENFLOW_TRY(scope_layer_of(task));
  LUMENFLOW_TRY_ASSIGN(task.spec_hash, journal::spec_hash_of(task));
  LUMENFLOW_TRY_ASSIGN(const std::optional<Task> there, tasks.find(task.id));
  if (there)
    return Error(
        ErrorCode::kAlreadyExists,
        "there is a task '" + task.id + "' already" +
            (there->spec_hash == task.spec_hash ? ", which asks for the same" : ", which asks for something else"));
  return task;
}

Result<Task> existing(const Tasks& tasks, const std::string& id) {
  LUMENFLOW_TRY_ASSIGN(std::optional<Task> task, tasks.find(id));
  if (!task) return Error(ErrorCode::kNotFound, "there is no task '" + id + "'; `lumenflow tasks list` shows them");
  return *std::move(task);
}

Status check_room(const Tasks& tasks, const WorkspaceConfig& config, const Task& task) {
  if (task.lane.empty()) return {};
  const Lane* lane = find_lane(config, task.lane);
  if (lane == nullptr) return no_lane(config, task.lane);
  if (!lane->wip_limit || tasks.claimed_in(task.lane) < static_cast<std::size_t>(*lane->wip_limit)) return {};
  return Error(ErrorCode::kIllegalTransition,
               "the lane '" + task.lane + "' has as many tasks claimed as its wip_limit (" +
                   std::to_string(*lane->wip_limit) + ") allows; one must be completed or released first");
}

json::Value created_payload(const Task& task) {
  return json::Object{{"task_id", task.id}, {"spec_hash", task.spec_hash}};
}

// What the step leaves in the record, and says in its event.
ChangedTask stepped(const Task& before, TaskStep step, const Call& by, Timestamp now) {
  ChangedTask out{before, before, {}};
  Task& task = out.task;
  task.state = *journal::after(before.state, step);
  task.updated_at = now;
  task.reason.clear();
  task.wait_for = {};
  json::Object payload{{"task_id", task.id}};
  std::string_view kind;
  switch (step) {
    case TaskStep::kClaim:
      kind = "task_claimed";
      task.claimed_by = actor_of(by);
      task.claimed_at = now;
      task.session_id = text_of(by, "session_id");
      if (task.session_id.empty()) task.session_id = task.claimed_by;
      task.domain_data = value_of(by, "domain_data");
      payload.set("by", task.claimed_by);
      payload.set("session_id", task.session_id);
      if (!task.domain_data.is_null()) payload.set("domain_data", task.domain_data);
      break;
    case TaskStep::kBlock:
      kind = "task_blocked";
      break;
    case TaskStep::kUnblock:
      kind = "task_unblocked";
      break;
    case TaskStep::kWait:
      kind = "task_waiting";
      task.wait_for = value_of(by, "wait_for");
      break;
    case TaskStep::kResume:
      kind = "task_resumed";
      break;
    case TaskStep::kRelease:
      kind = "task_released";
      task.claimed_by.clear();
      task.claimed_at = {};
      task.session_id.clear();
      task.domain_data = {};
      break;
    case TaskStep::kComplete:
      kind = "task_completed";
      if (const json::Value* refs = by.input.find("evidence_refs"))
        for (const json::Value& ref : refs->as_array()) task.evidence_refs.push_back(ref.as_string());
      if (!task.evidence_refs.empty())
        payload.set("evidence_refs", json::Array(task.evidence_refs.begin(), task.evidence_refs.end()));
      break;
  }
  if (step == TaskStep::kBlock || step == TaskStep::kWait || step == TaskStep::kRelease) {
    task.reason = text_of(by, "reason");
    payload.set("reason", task.reason);
  }
  if (!task.wait_for.is_null()) payload.set("wait_for", task.wait_for);
  out.events.push_back({kind, std::move(payload)});
  return out;
}

TaskStep step_of(TaskChange change) {
  return static_cast<TaskStep>(static_cast<int>(change) - static_cast<int>(TaskChange::kClaim));
}

// A type of task that a pack declares is that pack's: what its states mean, and what has to be so before each, is in
// the pack's tools alone. `pack_id`: of the pack that makes the call; empty: none does.
Status check_owner(const pack::Registry& registry, const Task& task, std::string_view pack_id) {
  for (const auto& pack : registry.packs()) {
    const std::vector<std::string>& types = pack->manifest.task_types;
    if (pack->manifest.id == pack_id || std::ranges::find(types, task.type) == types.end()) continue;
    return Error(ErrorCode::kScopeDenied, "the task '" + task.id + "' is a " + task.type + " of the pack " +
                                              pack->manifest.id + ", which alone changes it: call that pack's tools");
  }
  return {};
}

}  // namespace

Result<ChangedTask> judge_change(const Tasks& tasks, const WorkspaceConfig& config, TaskChange change, const Call& by,
                                 Timestamp now, std::string_view new_id) {
  if (change == TaskChange::kCreate) {
    LUMENFLOW_TRY_ASSIGN(Task task, new_task(tasks, config, by, now));
    json::Value payload = created_payload(task);
    return ChangedTask{std::nullopt, std::move(task), {{"task_created", std::move(payload)}}};
  }
  const bool delegated = change == TaskChange::kDelegate;
  LUMENFLOW_TRY_ASSIGN(const Task before, existing(tasks, text_of(by, delegated ? "parent_task_id" : "task_id")));
  if (!may_change(before, by))
    return Error(ErrorCode::kScopeDenied, "the task '" + before.id + "' is claimed by " + before.claimed_by +
                                              "; only they, or an operator, may change it");
  if (delegated) {
    if (!journal::is_claimed(before))
      return Error(ErrorCode::kIllegalTransition, "the task '" + before.id + "' is " + std::string(name(before.state)) +
                                                      "; a part of it is delegated while somebody is at it");
    LUMENFLOW_TRY_ASSIGN(Task task, new_task(tasks, config, by, now));
    task.parent_id = before.id;
    task.delegation_id = new_id;
    ChangedTask out{std::nullopt, task, {}};
    out.events.push_back({"task_created", created_payload(task)});
    out.events.push_back({"task_delegated", json::Object{{"task_id", task.id},
                                                         {"parent_task_id", task.parent_id},
                                                         {"delegation_id", task.delegation_id}}});
    return out;
  }
  const TaskStep step = step_of(change);
  if (!journal::after(before.state, step)) return illegal(before, step);
  if (step == TaskStep::kClaim) LUMENFLOW_TRY(check_room(tasks, config, before));
  return stepped(before, step, by, now);
}

pack::ToolResult Kernel::change_task(TaskChange change, const Call& by) {
  const std::string id = make_ulid(ports_.clock.now(), ports_.random.draw16()).str();
  Result<ChangedTask> changed = judge_change(tasks_, options_.config, change, by, ports_.clock.now(), id);
  if (!changed.ok()) return refused(changed.error());
  const CallPtr outer = by.outer != nullptr ? running_.find(by.outer->receipt) : nullptr;
  const bool by_pack = outer != nullptr && (by.turn.empty() || outer->opened_turn.empty());  // not by its agent
  const std::string_view pack_id = by_pack ? std::string_view(outer->pack_id) : std::string_view();
  if (const Status owned = check_owner(*options_.registry, changed->task, pack_id); !owned.ok())
    return refused(owned.error());
  const OutboxRoom room = outbox_room();
  if (room.events < changed->events.size())
    return refused(
        Error(ErrorCode::kOutboxFull,
              "the outbox is full, so that the change would never be heard of; see `lumenflow outbox stats`"));
  const auto write = [&]() -> Status {
    for (ChangedTask::Said& said : changed->events)
      LUMENFLOW_TRY(say(said.kind, std::move(said.payload), event::EventClass::kQueue, by));
    return tasks_.put(changed->before ? &*changed->before : nullptr, changed->task);
  };
  if (Status status = write(); !status.ok() && !batch_error_) batch_error_ = std::move(status).error();
  return pack::ToolOutput{json::Object{{"task", journal::document_of(changed->task)}}, {}};
}

}  // namespace lumenflow::kernel
