// wu:done: merges what has passed its gates, fast-forward only, and clears away what it was made in.
#include "software-delivery/merging.h"
#include "software-delivery/repair.h"
#include "software-delivery/tools.h"
#include "software-delivery/traces.h"

namespace lumenflow::software_delivery {
namespace {

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
  SD_TRY(check_mergeable(call, facts));
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
  record.index_before =
      facts.target_in_workspace ? index_digest(call.folder.workspace_root()).value_or("unknown") : std::string();
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
