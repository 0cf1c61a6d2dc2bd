// Ends children that nobody needs any more, away from those who wait for calls: it asks them to exit, and kills those
// that do not. It sleeps unless there is something to end or to look at.
//
// Thread safe; one thread of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "hosts/child_connection.h"

namespace lumenflow::hosts {

// Whoever has children that may be idle for too long.
class IdleChildren {
 public:
  virtual ~IdleChildren() = default;
  using Time = std::chrono::steady_clock::time_point;
  // Hands over those that are idle since before their time; when the next is, nothing: none is idle.
  virtual std::optional<Time> take_overdue(Time now, std::vector<std::unique_ptr<ChildConnection>>& overdue) = 0;
};

class Keeper {
 public:
  explicit Keeper(std::chrono::milliseconds shutdown);
  ~Keeper();  // kills what it still has

  void retire(std::vector<std::unique_ptr<ChildConnection>> children);
  void watch(const std::shared_ptr<IdleChildren>& idle);  // does not keep it alive
  // A child has become idle. Cheap when one was already.
  void idle();

 private:
  void run();
  std::optional<IdleChildren::Time> collect(std::vector<std::unique_ptr<ChildConnection>>& overdue);
  void end(ChildConnection& child);
  bool stopping();

  const std::chrono::milliseconds shutdown_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::deque<std::unique_ptr<ChildConnection>> retired_;
  std::vector<std::weak_ptr<IdleChildren>> watched_;
  bool armed_ = false;  // it will look again by itself
  bool look_ = false;
  bool stopping_ = false;
  std::thread thread_;  // last: it starts when all else is there
};

}  // namespace lumenflow::hosts
