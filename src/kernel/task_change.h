// What may become of a task, and the event that says so: asked by `kernel:task_*`, on the strand.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "journal/tasks.h"
#include "kernel/call.h"
#include "kernel/config.h"
#include "kernel/tasks.h"

namespace lumenflow::kernel {

enum class TaskChange : std::uint8_t {
  kCreate,
  kClaim,
  kBlock,
  kUnblock,
  kWait,
  kResume,
  kRelease,
  kComplete,
  kDelegate,  // a new task as part of one that is claimed
};

struct ChangedTask {
  std::optional<journal::Task> before;  // nothing: it is new
  journal::Task task;
  struct Said {
    std::string_view kind;
    json::Value payload;
  };
  std::vector<Said> events;  // of class queue, in this order
};

// Judges the change against what the tasks are now, and writes nothing. INVALID_INPUT, NOT_FOUND, ALREADY_EXISTS,
// SCOPE_DENIED for another's task, ILLEGAL_TRANSITION naming what is legal or the lane that is full. `new_id` is the
// id of a delegation.
Result<ChangedTask> judge_change(const Tasks& tasks, const WorkspaceConfig& config, TaskChange change, const Call& by,
                                 Timestamp now, std::string_view new_id);

}  // namespace lumenflow::kernel
