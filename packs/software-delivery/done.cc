// wu:done: merges what has passed its gates, fast-forward only, and clears away what it was made in.
#include <sys/stat.h>

#include <algorithm>

#include "software-delivery/aftermath.h"
#include "software-delivery/changes.h"
#include "software-delivery/gate_runs.h"
#include "software-delivery/repair.h"
#include "software-delivery/tools.h"

namespace lumenflow::software_delivery {
namespace {

std::vector<std::string> paths_of(const std::string& out) {
  std::vector<std::string> paths;
  for (std::size_t begin = 0; begin < out.size();) {
    const std::size_t end = std::min(out.find('\0', begin), out.size());
    paths.push_back(out.substr(begin, end - begin));
    begin = end + 1;
  }
  return paths;
}

// What the workspace is run by is changed by people, who see the change: a merge of a work unit would put it into force
// by the way.
Done check_rules_stay(Call& call, const Facts& facts) {
  SD_TRY_ASSIGN(const std::string out, call.git.run({"diff", "--name-only", "-z", "--no-renames", facts.target_tip,
                                                     *facts.branch_tip, "--", "lumenflow.yaml", ".lumenflow"}));
  if (out.empty()) return Nothing{};
  return refuse("CHANGES_WORKSPACE_RULES",
                "the branch changes " + paths_of(out).front() +
                    ", by which this workspace is run: a person merges that, with `git merge --ff-only " +
                    facts.place.branch +
                    "` and `lumenflow reload`, and releases the work unit; or take it off the branch");
}

// A file of the workspace that git does not know, where the merge makes one. Git would stop at it, half way through;
// or, where it is one that git ignores, write over it.
Done check_nothing_in_the_way(Call& call, const Facts& facts) {
  SD_TRY_ASSIGN(const std::string out, call.git.run({"diff", "--name-only", "-z", "--no-renames", "--diff-filter=A",
                                                     facts.target_tip, *facts.branch_tip, "--"}));
  for (const std::string& path : paths_of(out))
    if (struct stat info{}; ::lstat((call.folder.workspace_root() + "/" + path).c_str(), &info) == 0)
      return refuse("WORKSPACE_DIRTY", "the merge makes the file " + path +
                                           ", and the workspace has one there that is not committed; move it away");
  return Nothing{};
}

Done check_ready(Call& call, const Facts& facts) {
  if (!facts.task || facts.task->state != "active")
    return refuse("ILLEGAL_TRANSITION", facts.wu_id + " is " + (facts.task ? facts.task->state : "ready") +
                                            "; only an active work unit can be done");
  if (!facts.worktree.there && !facts.worktree.known())
    return refuse("NO_WORKTREE", facts.wu_id + " has no worktree; call wu:recover");
  SD_TRY(check_worktree(facts));
  if (facts.worktree.locked)
    return refuse("WORKTREE_LOCKED", "somebody has locked the worktree: `git worktree unlock` it first");
  if (!facts.changes.empty())
    return refuse("WORKTREE_DIRTY", "the worktree has what is not committed: " + facts.changes.front());
  if (facts.target_tip.empty()) return refuse("NO_COMMITS", "there is no branch '" + facts.target + "' to merge into");
  if (!facts.target_elsewhere.empty())
    return refuse("TARGET_IN_USE", "'" + facts.target + "' is checked out in another worktree, " +
                                       facts.target_elsewhere + ", whose files would no longer be what it says");
  SD_TRY_ASSIGN(const bool forward, call.git.is_ancestor(facts.target_tip, *facts.branch_tip));
  if (!forward)
    return refuse("NOT_FAST_FORWARD", "'" + facts.target +
                                          "' has moved on: rebase the branch onto it in the worktree, "
                                          "and let the gates run again");
  SD_TRY(check_rules_stay(call, facts));
  if (!facts.target_in_workspace) return Nothing{};
  SD_TRY_ASSIGN(const Changes changes, changes_in(call.git, {}, false));
  if (!changes.changed.empty())
    return refuse("WORKSPACE_DIRTY", "the workspace itself, which the merge updates, has changes: " +
                                         changes.changed.front() + "; commit or undo them first");
  return check_nothing_in_the_way(call, facts);
}

// Whoever approved has approved what there was when the call was made: a commit whose gates passed since then is
// another one, and so is one that the call does not name.
Done check_asked_for(Call& call, const Facts& facts) {
  const std::string named = call.text("commit");
  if (!named.empty() && named != *facts.branch_tip)
    return refuse("COMMIT_MOVED", "the branch is at " + *facts.branch_tip + " now, not at " + named +
                                      "; look at it, and call wu:done again");
  SD_TRY_ASSIGN(const std::vector<Gate> gates, read_gates(call.context.config()));
  SD_TRY_ASSIGN(const auto green, green_on(call.context, facts.wu_id, *facts.branch_tip, gates));
  const std::optional<std::int64_t> asked_at = made_at_ms(call.context.receipt_id());
  for (const auto& [gate, passed] : green)
    if (asked_at && passed.at_ms > *asked_at)
      return refuse("COMMIT_MOVED", "the gate '" + gate + "' passed on " + facts.branch_tip->substr(0, 12) +
                                        " after this call had asked for its approval, which was for another commit; "
                                        "call wu:done again");
  return Nothing{};
}

// What the stamp will say; GATES_NOT_GREEN naming those that have not passed on this commit.
Answer<json::Value> check_gates(Call& call, const Facts& facts) {
  SD_TRY_ASSIGN(const std::vector<Gate> gates, read_gates(call.context.config()));
  SD_TRY_ASSIGN(const auto green, green_on(call.context, facts.wu_id, *facts.branch_tip, gates));
  json::Array stamp, missing;
  for (const Gate& gate : gates) {
    const auto passed = green.find(gate.id);
    if (passed != green.end())
      stamp.push_back(json::Object{{"gate", gate.id}, {"evidence_ref", passed->second.evidence_ref}});
    else if (gate.required)
      missing.emplace_back(gate.id);
  }
  if (missing.empty()) return json::Value(std::move(stamp));
  const std::string first = missing.front().as_string(), count = std::to_string(missing.size());
  return refuse("GATES_NOT_GREEN",
                count + " required gates have not passed on " + facts.branch_tip->substr(0, 12) + ", '" + first +
                    "' among them; call software-delivery:gates",
                json::Object{{"missing", std::move(missing)}, {"commit", *facts.branch_tip}});
}

Done merge(Call& call, const Facts& facts, const Record& record) {
  const Answer<std::string> merged =
      facts.target_in_workspace ? call.git.run({"merge", "--ff-only", "--quiet", "--no-stat", record.commit})
                                : call.git.run({"update-ref", "-m", "lumenflow: " + facts.wu_id,
                                                "refs/heads/" + record.target, record.commit, record.target_before});
  if (merged.ok()) return Nothing{};
  return merged.refusal();
}

json::Value answer_of(const std::string& wu_id, const Record& record, const Notes& notes) {
  json::Object out{{"wu_id", wu_id},
                   {"status", "done"},
                   {"commit", record.commit},
                   {"merged_into", record.target},
                   {"stamp", std::string(kFolder) + "/done/" + wu_id + ".json"}};
  if (!notes.empty()) out.set("kept", json::Array(notes.begin(), notes.end()));
  return json::Value(std::move(out));
}

Data settle_done(Call& call, const std::string& wu_id, const Record& record, const Notes& notes) {
  const Settled settled{{},
                        call.context.receipt_id(),
                        answer_of(wu_id, record, notes),
                        {{"wu_completed", completed_event(wu_id, record)}}};
  if (const Done kept = settle(call.context, wu_id, settled); !kept.ok())
    return left_behind(call, kept.refusal(), "partial", {});
  return settled.data;
}

// A merge that was cut off half way through the files of the workspace goes on, by an approval of its own.
Data go_on(Call& call, const Facts& facts, const Plan& plan) {
  Record record = *facts.record;
  record.receipt = call.context.receipt_id();
  SD_TRY(keep_record(call.context, facts.wu_id, record));
  Notes notes;
  if (const Done repaired = repair(call.git, call.board, call.folder, facts, plan, notes); !repaired.ok())
    return left_behind(call, repaired.refusal(), "needs_recovery", {});
  return settle_done(call, facts.wu_id, record, notes);
}

}  // namespace

Data finish_work_unit(Call& call) {
  SD_TRY_ASSIGN(const InHand::Hold hold, call.site.in_hand.take(call.text("wu_id")));
  SD_TRY_ASSIGN(Subject subject, subject_of(call));
  Facts& facts = subject.facts;
  facts.in_hand = false;  // by this call
  if (const Plan plan = plan_for(facts); plan.writes_workspace()) return go_on(call, facts, plan);
  SD_TRY(check_ready(call, facts));
  SD_TRY(check_asked_for(call, facts));
  Record record = facts.record.value_or(Record{});
  const Record before = record;
  SD_TRY_ASSIGN(record.gates, check_gates(call, facts));
  record.step = "finishing";
  record.lane = subject.lane.id;
  record.branch = facts.place.branch;
  record.worktree = facts.place.worktree;
  record.target = facts.target;
  record.target_before = facts.target_tip;
  record.commit = *facts.branch_tip;
  record.by = call.context.subject();
  record.receipt = call.context.receipt_id();
  SD_TRY(keep_record(call.context, facts.wu_id, record));
  if (const Done merged = merge(call, facts, record); !merged.ok()) {
    SD_TRY_ASSIGN(const Facts after,
                  gather(call.git, call.board, call.folder, facts.wu_id, facts.place, call.site.in_hand));
    if (!after.merged && after.unmerged_paths.empty() && keep_record(call.context, facts.wu_id, before).ok())
      return left_behind(call, merged.refusal(), "clean", {});
    return left_behind(call, merged.refusal(), "needs_recovery", {});
  }
  // From here on it is merged: whatever fails is completed by a recovery, not taken back.
  Notes notes;
  Done rest = clear_worktree(call.git, call.folder, facts, true, notes);
  if (rest.ok()) rest = delete_branch(call.git, record.branch, record.commit);
  if (rest.ok()) rest = stamp_and_complete(call.board, call.folder, facts.wu_id, record);
  if (!rest.ok())
    return left_behind(call, rest.refusal(), "partial",
                       record.commit + " is merged; a confirmation completes what follows.");
  return settle_done(call, facts.wu_id, record, notes);
}

}  // namespace lumenflow::software_delivery
