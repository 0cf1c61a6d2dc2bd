// The timers of the active packs: which is to run when, and which runs.
//
// Volatile: what is due stands in the packs' stores, and every timer runs when the workspace opens. Used on the strand
// only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "lumenflow/pack.h"
#include "lumenflow/result.h"
#include "pack/registry.h"

namespace lumenflow::kernel {

struct PackTimer {
  const pack::LoadedPack* pack = nullptr;  // of the registry that counts now
  const pack::RegisteredTimer* timer = nullptr;
  std::optional<Timestamp> next;  // nothing: not until woken
  bool running = false;
  int failures = 0;  // one after the other
};

using TimerPtr = std::shared_ptr<PackTimer>;  // shared: one that runs outlives a reload that drops it

class Timers {
 public:
  // All are due at `now`.
  Timers(const pack::Registry& registry, Timestamp now);

  // Goes over to another registry, while the one before it still lives: what has new code is due at `now`, and what
  // runs is waited for.
  void rebind(const pack::Registry& registry, Timestamp now);
  // Unknown names are nobody's.
  void wake(std::string_view pack_id, std::string_view timer, Timestamp at);
  // Those that are due and not running, which from now on are.
  std::vector<TimerPtr> take_due(Timestamp now);
  // After an error it runs again in a second, in two, in four, and so on up to a minute.
  void returned(PackTimer& timer, const Result<std::optional<std::int64_t>>& next_ms, Timestamp now);

  std::optional<Timestamp> next() const;  // of those that do not run
  bool any_running() const;
  bool empty() const { return timers_.empty(); }

 private:
  std::vector<TimerPtr> timers_;
};

}  // namespace lumenflow::kernel
