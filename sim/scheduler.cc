#include "scheduler.h"

#include <vector>

namespace lumenflow::sim {

void Scheduler::end_life(Life life) {
  alive_.erase(life);
  std::vector<Task> dropped;  // ends after the loop: what goes with a task may ask for more
  for (auto at = tasks_.begin(); at != tasks_.end();) {
    if (at->second.life != life) {
      ++at;
      continue;
    }
    dropped.push_back(std::move(at->second));
    at = tasks_.erase(at);
  }
}

void Scheduler::after(Micros delay, Life life, const char* what, std::function<void()> work) {
  if (!alive_.contains(life)) return;
  const std::int64_t due = (now_ + (delay.count() > 0 ? delay : Micros(0))).count();
  tasks_.emplace(std::pair(due, next_++), Task{life, what, std::move(work)});
}

Scheduler::Task Scheduler::take() {
  auto first = tasks_.extract(tasks_.begin());
  now_ = Micros(first.key().first);
  return std::move(first.mapped());
}

}  // namespace lumenflow::sim
