#include "software-delivery/plan.h"

#include <algorithm>

#include "software-delivery/dependencies.h"

namespace lumenflow::software_delivery {
namespace {

std::string brief(const std::string& commit) { return commit.substr(0, 12); }

std::string aside() { return std::string(kFolder) + "/" + std::string(kSetAside); }

// What a commit needs that only the worktree has.
std::string keeping(const Facts& facts) {
  if (facts.stray.empty()) return {};
  return "keep the commit " + brief(facts.stray) + ", which no branch has, on the new branch " + keeping_branch(facts) +
         "; ";
}

std::string clearing(const Facts& facts, bool ignored_may_go) {
  if (!facts.worktree.there) return keeping(facts) + "have git forget the worktree";
  return keeping(facts) + (is_clean(facts, ignored_may_go) ? "remove the worktree, all of whose files are on the branch"
                                                           : "move the worktree's folder, as it is, into " + aside());
}

std::string said(Mend mend, const Facts& facts) {
  const std::string& branch = facts.place.branch;
  switch (mend) {
    case Mend::kRemoveLocks:
      return "remove the locks that git left behind";
    case Mend::kRemakeBranch:
      return "make the branch " + branch + " again";
    case Mend::kRestoreWorktree:
      return facts.worktree.known() ? "make the worktree's files again, as git had them last"
                                    : "make the worktree again from its branch";
    case Mend::kRegister:
      return "have git know the folder again, as a worktree of " + branch + "; its files stay as they are";
    case Mend::kRelink:
      return "link the folder and what git keeps of it again; its files stay as they are";
    case Mend::kReplaceWorktree:
      return clearing(facts, false) + ", and make the worktree again from its branch";
    case Mend::kTakeHead:
      return "have the branch go forward to " + brief(facts.head) + ", which is checked out, and check the branch out";
    case Mend::kCheckOut:
      return keeping(facts) + "check " + branch + " out, where no change is in the way";
    case Mend::kClearWorktree:
      return clearing(facts, false);
    case Mend::kClearFinished:
      return clearing(facts, true);
    case Mend::kDeleteBranch:
      return "delete the branch, which has nothing that is not elsewhere";
    case Mend::kFinishMerge:
      return "set the files that the merge was writing to what the merged commit says; what they are now is kept in " +
             aside();
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
    whats_gone();
    return std::move(plan_);
  }

  Plan run_worktree() {
    while_claimed();
    return std::move(plan_);
  }

 private:
  void fault(std::string code, std::string message) { plan_.faults.push_back({std::move(code), std::move(message)}); }
  void mend(Mend mend) {
    plan_.mends.push_back(mend);
    plan_.texts.push_back(said(mend, facts_));
  }
  bool has_worktree() const { return facts_.worktree.known() || facts_.worktree.there; }
  // Moved by a merge that was cut off between writing the files and moving the branch.
  bool is_merge_broken() const { return !facts_.unmerged_paths.empty(); }
  bool branch_is_spare() const {
    return facts_.branch_tip && facts_.record && facts_.record->made_branch &&
           *facts_.branch_tip == facts_.record->base;
  }

  void unfinished_claim() {
    fault("CLAIM_UNFINISHED", "the claim was cut off before it was finished");
    if (has_worktree()) mend(Mend::kClearWorktree);
    if (branch_is_spare()) mend(Mend::kDeleteBranch);
    mend(Mend::kReleaseTask);
    mend(Mend::kForgetRecord);
  }

  void unfinished_release() {
    fault("RELEASE_UNFINISHED", "the release was cut off before it was finished");
    if (has_worktree()) mend(Mend::kClearWorktree);
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
    if (has_worktree()) mend(Mend::kClearFinished);
    if (facts_.branch_tip == facts_.record->commit) mend(Mend::kDeleteBranch);
    mend(Mend::kCompleteTask);
    mend(Mend::kForgetRecord);
  }

  void after_done() {
    if (!facts_.record && !has_worktree()) return;
    fault("DONE_UNFINISHED", "the task is done, and something of its work is left");
    if (has_worktree()) mend(Mend::kClearWorktree);
    if (facts_.branch_tip && facts_.merged) mend(Mend::kDeleteBranch);
    mend(Mend::kForgetRecord);
  }

  void while_claimed() {
    const Worktree& worktree = facts_.worktree;
    if (!worktree.link.empty())
      return fault("WORKTREE_LINKED",
                   worktree.link + " is a symbolic link, through which nothing is done; put the folder itself there");
    if (!facts_.branch_tip && !has_worktree()) {
      fault("BRANCH_MISSING", "neither the worktree nor the branch " + facts_.place.branch + " is there");
      mend(Mend::kReleaseTask);
      mend(Mend::kForgetRecord);
      return;
    }
    if (!facts_.branch_tip) {
      fault("BRANCH_MISSING", "the branch " + facts_.place.branch + " is gone");
      mend(Mend::kRemakeBranch);
    }
    if (!worktree.there) {
      fault("WORKTREE_MISSING", "the worktree " + worktree.path + " is gone");
      mend(Mend::kRestoreWorktree);
    } else if (!worktree.folder || worktree.own_repository || worktree.unfinished) {
      fault("WORKTREE_BROKEN", worktree.path + (worktree.is_link          ? " is a symbolic link, and no folder"
                                                : !worktree.folder        ? " is no folder"
                                                : worktree.own_repository ? " has become a repository of its own"
                                                                          : " was not made to its end"));
      mend(Mend::kReplaceWorktree);
    } else if (!worktree.known()) {
      fault("WORKTREE_UNKNOWN", "the folder " + worktree.path + " is there, and git knows nothing of it");
      mend(Mend::kRegister);
    } else if (!worktree.linked) {
      fault("WORKTREE_BROKEN", "the file .git of " + worktree.path + " does not name what git keeps of the worktree");
      mend(Mend::kRelink);
    } else {
      checked_out();
    }
  }

  void checked_out() {
    if (!facts_.worktree.operation.empty()) {
      fault("OPERATION_IN_PROGRESS", "a " + facts_.worktree.operation + " is in progress in " + facts_.worktree.path +
                                         ": finish or abort it there");
      return;
    }
    if (facts_.worktree_branch == facts_.place.branch) return;
    const bool detached = facts_.worktree_branch.empty();
    fault("WRONG_BRANCH",
          "the worktree has " +
              (detached ? "a detached HEAD at " + brief(facts_.head) : "the branch '" + facts_.worktree_branch + "'") +
              " checked out, not '" + facts_.place.branch + "'");
    mend(detached && facts_.head_follows ? Mend::kTakeHead : Mend::kCheckOut);
  }

  void whats_gone() {
    if (!facts_.circle.empty())
      fault("DEPENDENCY_CYCLE", "it can never be begun, for these wait for each other: " + circle_text(facts_.circle) +
                                    "; take one of them out of depends_on in its file");
    if (facts_.file_missing)
      fault("WU_FILE_MISSING",
            "its file is gone from " + std::string(kFolder) + "/wu; put it back, or release the work unit");
    if (facts_.lane_gone)
      fault("LANE_GONE", "lumenflow.yaml no longer has its lane; put that back, or release the work unit");
  }

  // A branch that stays is what somebody has committed, for whoever claims it next.
  void while_free() {
    if (!has_worktree() && !facts_.record) return;
    fault("LEFT_BEHIND", "nobody has claimed it, and something of a claim is left");
    if (has_worktree()) mend(Mend::kClearWorktree);
    if (branch_is_spare()) mend(Mend::kDeleteBranch);
    if (facts_.record) mend(Mend::kForgetRecord);
  }

  const Facts& facts_;
  Plan plan_;
};

Refusal refusal_of(const Plan& plan) {
  const Fault& fault = plan.faults.front();
  return refuse(fault.code, fault.message + (plan.mends.empty() ? "" : "; call wu:recover with its wu_id"));
}

}  // namespace

std::string Plan::text() const {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : "; ") + text;
  return out;
}

bool Plan::writes_workspace() const { return std::ranges::find(mends, Mend::kFinishMerge) != mends.end(); }

Plan plan_for(const Facts& facts) {
  if (facts.in_hand) return {};  // what is being changed is not judged
  return Planning(facts).run();
}

Plan plan_for_worktree(const Facts& facts) { return Planning(facts).run_worktree(); }

Done check_worktree(const Facts& facts) {
  const Plan plan = plan_for_worktree(facts);
  if (plan.faults.empty()) return Nothing{};
  return refusal_of(plan);
}

Answer<Tree> tree_of(const Facts& facts) {
  if (!facts.worktree.known() && !facts.worktree.there && facts.worktree.link.empty())
    return refuse("NO_WORKTREE", facts.wu_id + " has no worktree; claim it, or call wu:recover");
  if (!facts.worktree.works()) return refusal_of(plan_for_worktree(facts));
  return facts.worktree.tree();
}

bool is_clean(const Facts& facts, bool ignored_may_go) {
  return facts.worktree.works() && !facts.worktree.locked && facts.worktree.operation.empty() &&
         facts.changes.empty() && (ignored_may_go || facts.ignored.empty());
}

std::string keeping_branch(const Facts& facts) { return "kept/" + facts.wu_id + "-" + brief(facts.stray); }

}  // namespace lumenflow::software_delivery
