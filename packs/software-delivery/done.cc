// wu:done: merges what has passed its gates, fast-forward only, and clears away what it was made in.
#include <algorithm>

#include "software-delivery/gate_runs.h"
#include "software-delivery/repair.h"
#include "software-delivery/tools.h"

namespace lumenflow::software_delivery {
namespace {

Done check_ready(Call& call, const Facts& facts) {
  if (!facts.task || facts.task->state != "active")
    return refuse("ILLEGAL_TRANSITION", facts.wu_id + " is " + (facts.task ? facts.task->state : "ready") +
                                            "; only an active work unit can be done");
  if (!facts.registered || !facts.folder || !facts.branch_tip)
    return refuse("NO_WORKTREE", facts.wu_id + " has no worktree; call wu:recover");
  if (facts.worktree_branch != facts.place.branch)
    return refuse("WRONG_BRANCH",
                  "the worktree has '" + facts.worktree_branch + "' checked out, not '" + facts.place.branch + "'");
  if (!facts.changes.empty())
    return refuse("WORKTREE_DIRTY", "the worktree has what is not committed: " + facts.changes.front());
  if (facts.target_tip.empty()) return refuse("NO_COMMITS", "there is no branch '" + facts.target + "' to merge into");
  SD_TRY_ASSIGN(const std::optional<std::string> forward,
                call.git.ask({"merge-base", "--is-ancestor", facts.target_tip, *facts.branch_tip}));
  if (!forward)
    return refuse("NOT_FAST_FORWARD", "'" + facts.target +
                                          "' has moved on: rebase the branch onto it in the worktree, "
                                          "and let the gates run again");
  if (!facts.target_in_workspace) return Nothing{};
  SD_TRY_ASSIGN(const std::vector<std::string> changed, changes_in(call.git, {}, false));
  if (!changed.empty())
    return refuse("WORKSPACE_DIRTY", "the workspace itself, which the merge updates, has changes: " + changed.front() +
                                         "; commit or undo them first");
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
  const std::string first = missing.front().as_string();
  return refuse("GATES_NOT_GREEN",
                std::to_string(missing.size()) + " required gates have not passed on " +
                    facts.branch_tip->substr(0, 12) + ", '" + first + "' among them; call software-delivery:gates",
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

}  // namespace

Data finish_work_unit(Call& call) {
  SD_TRY_ASSIGN(const InHand::Hold hold, call.site.in_hand.take(call.text("wu_id")));
  SD_TRY_ASSIGN(const Subject subject, subject_of(call));
  const Facts& facts = subject.facts;
  SD_TRY(check_ready(call, facts));
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
  SD_TRY(keep_record(call.context, facts.wu_id, record));
  if (const Done merged = merge(call, facts, record); !merged.ok()) {
    SD_TRY_ASSIGN(const Facts after,
                  gather(call.git, call.board, call.folder, facts.wu_id, facts.place, call.site.in_hand));
    if (!after.merged && after.unmerged_paths.empty() && keep_record(call.context, facts.wu_id, before).ok())
      return left_behind(call, merged.refusal(), "clean", {});
    return left_behind(call, merged.refusal(), "needs_recovery", {});
  }
  // From here on it is merged: whatever fails is completed by a recovery, not taken back.
  Done rest = Nothing{};
  const Answer<std::string> removed = call.git.run({"worktree", "remove", record.worktree});
  if (!removed.ok()) rest = removed.refusal();
  if (rest.ok()) rest = delete_branch(call.git, record.branch, record.commit);
  if (rest.ok()) rest = stamp_and_complete(call.board, call.folder, facts.wu_id, record);
  if (rest.ok()) rest = forget_record(call.context, facts.wu_id);
  if (!rest.ok())
    return left_behind(call, rest.refusal(), "partial",
                       record.commit + " is merged; a confirmation completes what follows.");
  const Status said = call.context.emit(
      "software-delivery:wu_completed",
      json::Object{{"wu_id", facts.wu_id}, {"lane", record.lane}, {"by", record.by}, {"commit", record.commit}});
  if (!said.ok()) return said.error();
  return json::Value(json::Object{{"wu_id", facts.wu_id},
                                  {"status", "done"},
                                  {"commit", record.commit},
                                  {"merged_into", record.target},
                                  {"stamp", std::string(kFolder) + "/done/" + facts.wu_id + ".json"}});
}

}  // namespace lumenflow::software_delivery
