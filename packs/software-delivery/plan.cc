#include "software-delivery/plan.h"

namespace lumenflow::software_delivery {
namespace {

std::string said(Mend mend) {
  switch (mend) {
    case Mend::kRemoveLocks:
      return "remove the locks that git left behind";
    case Mend::kRestoreWorktree:
      return "make the worktree again from its branch";
    case Mend::kDropWorktree:
      return "remove the worktree with all that is in it";
    case Mend::kRemoveWorktree:
      return "remove the worktree";
    case Mend::kDeleteBranch:
      return "delete the branch, which has nothing that is not elsewhere";
    case Mend::kFinishMerge:
      return "set the files that the merge was writing to what the merged commit says";
    case Mend::kReleaseTask:
      return "release the task, so that somebody else can claim it";
    case Mend::kCompleteTask:
      return "write the done stamp and complete the task";
    case Mend::kForgetRecord:
      return "forget what was begun";
  }
  return {};
}

class Planning {
 public:
  explicit Planning(const Facts& facts) : facts_(facts) {}

  Plan run() {
    const std::string step = facts_.record ? facts_.record->step : "";
    const bool claimed = facts_.task && facts_.task->is_claimed();
    if (!facts_.locks.empty()) {
      fault("STALE_LOCK", "git's lock " + facts_.locks.front() + " is held by nobody that this pack knows of");
      mend(Mend::kRemoveLocks);
    }
    if (facts_.task && facts_.task->state == "done")
      after_done();
    else if (step == "finishing" && (facts_.merged || is_merge_broken()))
      unfinished_done();
    else if (claimed && step == "claiming")
      unfinished_claim();
    else if (claimed && step == "releasing")
      unfinished_release();
    else if (claimed)
      while_claimed();
    else
      while_free();
    return std::move(plan_);
  }

 private:
  void fault(std::string code, std::string message) { plan_.faults.push_back({std::move(code), std::move(message)}); }
  void mend(Mend mend) { plan_.mends.push_back(mend); }
  bool has_worktree() const { return facts_.registered || facts_.folder; }
  bool works() const { return facts_.registered && facts_.folder && !facts_.initializing; }
  // Moved by a merge that was cut off between writing the files and moving the branch.
  bool is_merge_broken() const { return !facts_.unmerged_paths.empty(); }
  bool branch_is_spare() const {
    return facts_.branch_tip && facts_.record && facts_.record->made_branch &&
           *facts_.branch_tip == facts_.record->base;
  }

  void unfinished_claim() {
    fault("CLAIM_UNFINISHED", "the claim was cut off before it was finished");
    if (has_worktree()) mend(Mend::kDropWorktree);  // nobody has been given it
    if (branch_is_spare()) mend(Mend::kDeleteBranch);
    mend(Mend::kReleaseTask);
    mend(Mend::kForgetRecord);
  }

  void unfinished_release() {
    fault("RELEASE_UNFINISHED", "the release was cut off before it was finished");
    if (has_worktree()) mend(facts_.changes.empty() && works() ? Mend::kRemoveWorktree : Mend::kDropWorktree);
    mend(Mend::kReleaseTask);
    mend(Mend::kForgetRecord);
  }

  void unfinished_done() {
    if (!facts_.merged) {
      fault("MERGE_UNFINISHED", "the merge was cut off: " + std::to_string(facts_.unmerged_paths.size()) +
                                    " files of the workspace were being written");
      mend(Mend::kFinishMerge);
    }
    fault("DONE_UNFINISHED", facts_.record->commit + " is merged, and what follows was cut off");
    finish();
  }

  void finish() {
    if (has_worktree()) mend(Mend::kDropWorktree);  // it was clean when the merge began
    if (facts_.branch_tip) mend(Mend::kDeleteBranch);
    mend(Mend::kCompleteTask);
    mend(Mend::kForgetRecord);
  }

  void after_done() {
    if (!facts_.record && !has_worktree()) return;
    fault("DONE_UNFINISHED", "the task is done, and something of its work is left");
    if (has_worktree()) mend(facts_.changes.empty() && works() ? Mend::kRemoveWorktree : Mend::kDropWorktree);
    if (facts_.branch_tip && facts_.merged) mend(Mend::kDeleteBranch);
    mend(Mend::kForgetRecord);
  }

  void while_claimed() {
    if (works()) return;
    if (facts_.branch_tip) {
      fault("WORKTREE_MISSING", "the worktree " + facts_.place.worktree + " is gone; its branch is there");
      mend(Mend::kRestoreWorktree);
      return;
    }
    fault("BRANCH_MISSING", "neither the worktree nor the branch " + facts_.place.branch + " is there");
    if (has_worktree()) mend(Mend::kDropWorktree);
    mend(Mend::kReleaseTask);
    mend(Mend::kForgetRecord);
  }

  // A branch that stays is what somebody has committed, for whoever claims it next.
  void while_free() {
    if (!has_worktree() && !facts_.record) return;
    fault("LEFT_BEHIND", "nobody has claimed it, and something of a claim is left");
    if (has_worktree()) mend(facts_.changes.empty() && works() ? Mend::kRemoveWorktree : Mend::kDropWorktree);
    if (branch_is_spare()) mend(Mend::kDeleteBranch);
    if (facts_.record) mend(Mend::kForgetRecord);
  }

  const Facts& facts_;
  Plan plan_;
};

}  // namespace

std::string Plan::text() const {
  std::string out;
  for (const Mend mend : mends) out += (out.empty() ? "" : "; ") + said(mend);
  return out;
}

Plan plan_for(const Facts& facts) {
  if (facts.in_hand) return {};  // what is being changed is not judged
  return Planning(facts).run();
}

}  // namespace lumenflow::software_delivery
