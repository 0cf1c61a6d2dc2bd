#include "hosts/children.h"

#include <algorithm>
#include <utility>

namespace lumenflow::hosts {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::unique_ptr<ChildConnection> Children::take(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(idle_, key, &Idle::key);
  if (found == idle_.end()) return nullptr;
  std::unique_ptr<ChildConnection> child = std::move(found->child);
  idle_.erase(found);
  return child;
}

void Children::put_back(const std::string& key, std::unique_ptr<ChildConnection> child) {
  std::vector<std::unique_ptr<ChildConnection>> surplus;
  {
    const std::lock_guard lock(mutex_);
    idle_.push_front({key, std::move(child), steady_clock::now()});
    while (idle_.size() > (closed_ ? 0 : limits_.idle_max)) {
      surplus.push_back(std::move(idle_.back().child));
      idle_.pop_back();
    }
  }
  if (surplus.empty()) return keeper_.idle();
  keeper_.retire(std::move(surplus));
}

void Children::note_success() {
  const std::lock_guard lock(mutex_);
  faults_ = 0;
}

void Children::note_fault() {
  const std::lock_guard lock(mutex_);
  if (++faults_ < 2) return;  // the first is replaced at once
  milliseconds pause = limits_.backoff_first;
  for (std::size_t i = 2; i < faults_ && pause < limits_.backoff_max; ++i) pause *= 2;
  not_before_ = steady_clock::now() + std::min(pause, limits_.backoff_max);
}

Result<milliseconds> Children::pause() const {
  const std::lock_guard lock(mutex_);
  if (faults_ < 2) return milliseconds(0);
  const auto left = std::chrono::ceil<milliseconds>(not_before_ - steady_clock::now());
  if (left <= milliseconds(0)) return milliseconds(0);
  if (left <= limits_.backoff_wait) return left;
  return Error(ErrorCode::kToolCrashed, "the pack failed " + std::to_string(faults_) +
                                            " times in a row; it is started again in " + std::to_string(left.count()) +
                                            " ms");
}

void Children::close() {
  std::vector<std::unique_ptr<ChildConnection>> all;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (Idle& idle : idle_) all.push_back(std::move(idle.child));
    idle_.clear();
  }
  keeper_.retire(std::move(all));
}

std::optional<IdleChildren::Time> Children::take_overdue(Time now,
                                                         std::vector<std::unique_ptr<ChildConnection>>& overdue) {
  const std::lock_guard lock(mutex_);
  while (!idle_.empty() && idle_.back().since + limits_.idle <= now) {
    overdue.push_back(std::move(idle_.back().child));
    idle_.pop_back();
  }
  if (idle_.empty()) return std::nullopt;
  return idle_.back().since + limits_.idle;
}

std::size_t Children::idle_count() const {
  const std::lock_guard lock(mutex_);
  return idle_.size();
}

}  // namespace lumenflow::hosts
