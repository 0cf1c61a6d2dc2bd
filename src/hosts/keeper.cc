#include "hosts/keeper.h"

#include <algorithm>
#include <utility>

namespace lumenflow::hosts {
namespace {

constexpr std::chrono::milliseconds kLook{50};  // how often it is seen that the keeper itself is to end

}  // namespace

Keeper::Keeper(std::chrono::milliseconds shutdown) : shutdown_(shutdown), thread_([this] { run(); }) {}

Keeper::~Keeper() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
  thread_.join();
}

void Keeper::retire(std::vector<std::unique_ptr<ChildConnection>> children) {
  if (children.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    for (auto& child : children) retired_.push_back(std::move(child));
  }
  work_.notify_one();
}

void Keeper::watch(const std::shared_ptr<IdleChildren>& idle) {
  const std::lock_guard lock(mutex_);
  std::erase_if(watched_, [](const auto& other) { return other.expired(); });
  watched_.push_back(idle);
}

void Keeper::idle() {
  {
    const std::lock_guard lock(mutex_);
    if (armed_ || look_) return;
    look_ = true;
  }
  work_.notify_one();
}

bool Keeper::stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

std::optional<IdleChildren::Time> Keeper::collect(std::vector<std::unique_ptr<ChildConnection>>& overdue) {
  std::vector<std::weak_ptr<IdleChildren>> watched;
  {
    const std::lock_guard lock(mutex_);
    watched = watched_;
  }
  std::optional<IdleChildren::Time> next;
  const auto now = std::chrono::steady_clock::now();
  for (const auto& each : watched)
    if (const std::shared_ptr<IdleChildren> idle = each.lock())
      if (const auto at = idle->take_overdue(now, overdue)) next = next ? std::min(*next, *at) : *at;
  return next;
}

void Keeper::run() {
  std::optional<IdleChildren::Time> next;
  for (;;) {
    std::deque<std::unique_ptr<ChildConnection>> ending;
    {
      std::unique_lock lock(mutex_);
      armed_ = next.has_value();
      const auto wanted = [this] { return stopping_ || look_ || !retired_.empty(); };
      if (next)
        work_.wait_until(lock, *next, wanted);
      else
        work_.wait(lock, wanted);
      if (stopping_) {
        ending.swap(retired_);
        lock.unlock();
        for (const auto& child : ending) child->child().kill();
        return;
      }
      armed_ = true;  // it looks now
      look_ = false;
      ending.swap(retired_);
    }
    std::vector<std::unique_ptr<ChildConnection>> overdue;
    next = collect(overdue);
    for (auto& child : overdue) ending.push_back(std::move(child));
    for (const auto& child : ending) end(*child);
  }
}

void Keeper::end(ChildConnection& child) {
  child.send(child.farewell());
  child.flush();
  child.child().close_stdin();
  const auto deadline = std::chrono::steady_clock::now() + shutdown_;
  while (std::chrono::steady_clock::now() < deadline && !stopping())
    if (child.child().wait(kLook).ok()) return;
  child.child().kill();
}

}  // namespace lumenflow::hosts
