// Units of work: their records, their states, and what leads from one state to another (03-dispatch, Tasks).
//
// A record is written in the commit of the call that changes it. What is asked for (`spec`) never changes; its hash is
// in the event of its creation. Tasks are found by id, by state, and by being claimed. Values and functions of a
// snapshot; what is written is the open batch's.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "log/log.h"
#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::journal {

inline constexpr std::string_view kTasksTable = "tasks";            // id -> record
inline constexpr std::string_view kTaskStatesTable = "task_state";  // state, NUL, id -> nothing
inline constexpr std::string_view kTaskClaimsTable = "task_claim";  // of those claimed and not done: id -> nothing

// ready -> active -> blocked | waiting | done | ready; blocked and waiting -> active | done; done is final.
enum class TaskState : std::uint8_t { kReady, kActive, kBlocked, kWaiting, kDone };
inline constexpr std::array<std::string_view, 5> kTaskStates = {"ready", "active", "blocked", "waiting", "done"};
inline std::string_view name(TaskState state) { return kTaskStates[static_cast<std::size_t>(state)]; }
std::optional<TaskState> task_state_from_name(std::string_view name);

enum class TaskStep : std::uint8_t { kClaim, kBlock, kUnblock, kWait, kResume, kRelease, kComplete };
inline constexpr std::array<std::string_view, 7> kTaskSteps = {"claim",  "block",   "unblock", "wait",
                                                               "resume", "release", "complete"};
inline std::string_view name(TaskStep step) { return kTaskSteps[static_cast<std::size_t>(step)]; }

// Where a step leads; nothing when it is not legal there.
std::optional<TaskState> after(TaskState state, TaskStep step);
std::vector<TaskStep> legal_steps(TaskState state);

struct Task {
  std::string id;
  std::string type;
  std::string title;
  std::string lane;       // empty: none
  json::Value spec;       // as given; null: none
  std::string spec_hash;  // lower-case hex SHA-256 of the canonical JSON of {lane, spec, title, type}, what is given
  TaskState state = TaskState::kReady;
  std::string created_by;
  Timestamp created_at;
  Timestamp updated_at;
  std::string claimed_by;  // subject; empty while it is ready
  Timestamp claimed_at;    // 0: it is not, or was before this was kept
  std::string session_id;
  std::string reason;                      // of being blocked, waiting, or released last
  json::Value wait_for;                    // while waiting
  std::string parent_id;                   // of a task that was delegated
  std::string delegation_id;               // likewise
  std::vector<std::string> evidence_refs;  // once it is done
  json::Value domain_data;                 // what was said at its claim; null: nothing
};

bool is_claimed(const Task& task);  // and not done
// INVALID_INPUT when a text is not UTF-8.
Result<std::string> spec_hash_of(const Task& task);

// {task_id, type, title, state, spec_hash, …}: what surfaces say; members without a value are left out.
json::Object document_of(const Task& task);

// JOURNAL_DAMAGED for a record that cannot be read.
Result<std::optional<Task>> find_task(const log::TableReader& tables, std::string_view id);

struct TaskPage {
  std::vector<Task> items;
  std::string next;  // pass as `after`; empty at the end
};
// In the order of their ids, behind `after`; with a state those alone that are in it.
Result<TaskPage> list_tasks(const log::TableReader& tables, std::optional<TaskState> state, std::string_view after,
                            std::size_t limit);

// Those that are claimed and not done, behind `after`.
Result<TaskPage> claimed_tasks(const log::TableReader& tables, std::string_view after, std::size_t limit);

// `before`: what it was; null: it is new.
Status put_task(log::Log& log, const Task* before, const Task& task);

}  // namespace lumenflow::journal
