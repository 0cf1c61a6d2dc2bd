// The task record and what can be asked of it.
//
// `{id, title, description?, status, priority, tags, due_at?, cron?, next_due_at?, last_due_at?, note?, created_at,
// updated_at, completed_at?}`. `last_due_at` is the due moment that was announced last. Times that the pack sets are
// UTC with milliseconds; `due_at` stands as it was given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lumenflow/json.h"
#include "sidekick/tool_impl/input.h"
#include "sidekick/tool_impl/tags.h"

namespace lumenflow::sidekick {

bool is_done(const json::Value& task);

// When the task falls due: its next occurrence when it is scheduled, else its due time.
std::optional<std::int64_t> due_ms(const json::Value& task);

// Which tasks a list shows. Not thread safe (it reuses a buffer); borrows the input.
class TaskFilter {
 public:
  static Result<TaskFilter> from(const Input& input);
  bool accepts_all() const;
  bool accepts(const json::Value& task);

 private:
  bool is_mentioned(const json::Value& task);

  std::optional<std::string_view> status_;
  std::optional<std::string_view> priority_;
  TagFilter tags_;
  std::optional<std::string> search_;  // folded
  std::optional<std::int64_t> due_before_ms_;
  std::string folded_;
};

}  // namespace lumenflow::sidekick
