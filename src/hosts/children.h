// The children of one pack: those that wait for work, by what they may reach, and how soon another may be started after
// faults. Thread safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "hosts/child_connection.h"
#include "hosts/keeper.h"
#include "lumenflow/result.h"

namespace lumenflow::hosts {

struct ChildrenLimits {
  std::size_t idle_max;
  std::chrono::milliseconds idle;
  std::chrono::milliseconds backoff_first, backoff_max, backoff_wait;
};

class Children final : public IdleChildren {
 public:
  Children(ChildrenLimits limits, Keeper& keeper) : limits_(limits), keeper_(keeper) {}

  // The one that worked last for this key; null: there is none.
  std::unique_ptr<ChildConnection> take(const std::string& key);
  // Keeps it for the next call.
  void put_back(const std::string& key, std::unique_ptr<ChildConnection> child);

  // A child broke the protocol, or is gone, or could not be started.
  void note_fault();
  // One did what it was asked: faults are forgotten.
  void note_success();
  // How long to wait before another is started: nothing, or at most `backoff_wait`. TOOL_CRASHED where it is longer.
  Result<std::chrono::milliseconds> pause() const;

  // Ends all that are idle; what is put back later is ended at once.
  void close();

  std::optional<Time> take_overdue(Time now, std::vector<std::unique_ptr<ChildConnection>>& overdue) override;
  std::size_t idle_count() const;

 private:
  struct Idle {
    std::string key;
    std::unique_ptr<ChildConnection> child;
    Time since;
  };
  const ChildrenLimits limits_;
  Keeper& keeper_;
  mutable std::mutex mutex_;
  std::list<Idle> idle_;    // the one that worked last is first
  std::size_t faults_ = 0;  // since a child did well
  Time not_before_{};
  bool closed_ = false;
};

}  // namespace lumenflow::hosts
