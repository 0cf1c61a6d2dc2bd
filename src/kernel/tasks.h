// The workspace's tasks as the strand sees them: their records, and who has claimed what.
//
// Used on the strand only; what is written belongs to the batch that is open.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "journal/tasks.h"
#include "log/log.h"
#include "lumenflow/result.h"
#include "pack/scope.h"

namespace lumenflow::kernel {

class Tasks {
 public:
  explicit Tasks(log::Log& log) : log_(log) {}

  Status load();  // also the way back after a failed commit
  Result<std::optional<journal::Task>> find(std::string_view id) const { return journal::find_task(log_.tables(), id); }
  Result<journal::TaskPage> list(std::optional<journal::TaskState> state, std::string_view after,
                                 std::size_t limit) const {
    return journal::list_tasks(log_.tables(), state, after, limit);
  }
  // Those that are claimed and not done, likewise.
  Result<journal::TaskPage> claimed(std::string_view after, std::size_t limit) const {
    return journal::claimed_tasks(log_.tables(), after, limit);
  }
  // `before`: what it was; null: it is new.
  Status put(const journal::Task* before, const journal::Task& task);

  // A task that is claimed and not done. What it allows holds for every call of its subject.
  struct Claim {
    std::string task_id;
    std::string lane;                       // empty: none
    std::optional<pack::ScopeLayer> layer;  // nothing: the task restricts nothing
  };
  const std::vector<Claim>& claims_of(std::string_view subject) const;
  bool holds(std::string_view subject, std::string_view task_id) const;
  std::size_t claimed_in(std::string_view lane) const;

 private:
  void note(const journal::Task& task);
  void forget(const journal::Task& task);

  log::Log& log_;
  std::map<std::string, std::vector<Claim>, std::less<>> claims_;  // by subject
  std::map<std::string, std::size_t, std::less<>> claimed_in_;     // by lane
};

// What `spec.allowed_scopes` says; nothing when it says nothing. INVALID_INPUT with the pointer of each fault.
Result<std::optional<pack::ScopeLayer>> scope_layer_of(const journal::Task& task);

}  // namespace lumenflow::kernel
