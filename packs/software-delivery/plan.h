// What is wrong with a work unit, by the facts, and what would mend it.
//
// Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "software-delivery/facts.h"

namespace lumenflow::software_delivery {

enum class Mend : std::uint8_t {
  kRemoveLocks,      // that git left behind
  kRestoreWorktree,  // from its branch
  kDropWorktree,     // with all that is in it
  kRemoveWorktree,   // that has nothing which is not committed
  kDeleteBranch,     // that has nothing of its own
  kFinishMerge,      // the files of the workspace become what the merge was to make of them
  kReleaseTask,
  kCompleteTask,  // with its done stamp
  kForgetRecord,
};

struct Fault {
  std::string code;     // STALE_LOCK, WORKTREE_MISSING, CLAIM_UNFINISHED, …
  std::string message;  // for people
};

struct Plan {
  std::vector<Fault> faults;  // empty: repository, task and record agree
  std::vector<Mend> mends;    // in this order
  std::string text() const;   // what they do, for whoever confirms
};

Plan plan_for(const Facts& facts);

}  // namespace lumenflow::software_delivery
