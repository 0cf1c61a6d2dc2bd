// What is wrong with a work unit, by the facts, and what would mend it.
//
// Pure. No plan deletes what is not on a branch: a worktree that is not known to be clean is set aside, a commit that
// no branch has is kept on one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "software-delivery/facts.h"

namespace lumenflow::software_delivery {

enum class Mend : std::uint8_t {
  kRemoveLocks,      // that git left behind
  kRemakeBranch,     // at the last commit that is known of it
  kRestoreWorktree,  // a folder that is gone
  kRegister,         // a folder that git does not know: it stays as it is
  kRelink,           // folder and git name each other again
  kReplaceWorktree,  // a folder that is no worktree is set aside, and one made from the branch
  kTakeHead,         // the branch goes forward to the commit that is checked out, and is checked out
  kCheckOut,         // the branch
  kClearWorktree,    // removed where it has nothing of its own, else set aside
  kClearFinished,    // the same, when its work is merged: what git ignores goes with it
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
  std::vector<Fault> faults;       // empty: repository, task and record agree
  std::vector<Mend> mends;         // in this order; empty with faults: whoever works there has to see to them
  std::vector<std::string> texts;  // what they do, for whoever confirms
  std::string text() const;
  bool writes_workspace() const;  // only wu:done may
};

Plan plan_for(const Facts& facts);
// Of the worktree of a claimed work unit alone.
Plan plan_for_worktree(const Facts& facts);
// That its worktree is one, whole, with its branch checked out: else its first fault, with what to do.
Done check_worktree(const Facts& facts);
// The same, whatever it has checked out: where git may be asked about it.
Answer<Tree> tree_of(const Facts& facts);

// Whether all that is in a worktree is on its branch, by what the facts know.
bool is_clean(const Facts& facts, bool ignored_may_go);
// Where a commit is kept that no branch has.
std::string keeping_branch(const Facts& facts);
inline constexpr std::string_view kSetAside = "worktrees/set-aside";  // in the pack's folder

}  // namespace lumenflow::software_delivery
