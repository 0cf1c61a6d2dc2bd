#include "sidekick/tool_impl/task.h"

#include "sidekick/constants.h"
#include "sidekick/tool_impl/time.h"
#include "sidekick/tool_impl/words.h"

namespace lumenflow::sidekick {

bool is_done(const json::Value& task) { return json::string_or(task, "status", {}) == kStatusDone; }

std::optional<std::int64_t> due_ms(const json::Value& task) {
  std::string_view due = json::string_or(task, "next_due_at", {});
  if (due.empty()) due = json::string_or(task, "due_at", {});
  if (due.empty()) return std::nullopt;
  const Result<std::int64_t> ms = parse_time(due);
  if (!ms.ok()) return std::nullopt;
  return *ms;
}

Result<TaskFilter> TaskFilter::from(const Input& input) {
  TaskFilter filter;
  filter.status_ = input.text("status");
  filter.priority_ = input.text("priority");
  filter.tags_ = TagFilter(input.labels("tags"));
  if (const std::optional<std::string_view> search = input.text("search")) filter.search_ = fold_text(*search);
  if (filter.search_ && filter.search_->empty()) return invalid_field("search", "holds nothing to look for");
  LUMENFLOW_TRY_ASSIGN(filter.due_before_ms_, input.time_ms("due_before"));
  return filter;
}

bool TaskFilter::accepts_all() const {
  return !status_ && !priority_ && tags_.accepts_all() && !search_ && !due_before_ms_;
}

bool TaskFilter::accepts(const json::Value& task) {
  if (status_ && json::string_or(task, "status", {}) != *status_) return false;
  if (priority_ && json::string_or(task, "priority", {}) != *priority_) return false;
  if (due_before_ms_) {
    const std::optional<std::int64_t> due = due_ms(task);
    if (!due || *due >= *due_before_ms_) return false;
    if (!status_ && is_done(task)) return false;  // due no more
  }
  return tags_.accepts(task) && is_mentioned(task);
}

bool TaskFilter::is_mentioned(const json::Value& task) {
  if (!search_) return true;
  for (std::string_view field : {"title", "description", "note"}) {
    fold_text_into(json::string_or(task, field, {}), folded_);
    if (folded_.find(*search_) != std::string::npos) return true;
  }
  return false;
}

}  // namespace lumenflow::sidekick
