// wu:claim, wu:release, wu:block and wu:unblock.
//
// A claim is the kernel's task first: of two at once one gets it, and only then is the repository touched. What is
// about to happen there is written down before, so that a process that dies leaves word of it.
#include "software-delivery/repair.h"
#include "software-delivery/tools.h"
#include "software-delivery/work_unit_file.h"

namespace lumenflow::software_delivery {
namespace {

Done say(Call& call, std::string_view kind, const Facts& facts, std::string_view lane, json::Object more) {
  json::Object payload{{"wu_id", facts.wu_id}, {"lane", lane}, {"by", call.context.subject()}};
  for (json::Member& member : more) payload.set(member.key, std::move(member.value));
  const Status said = call.context.emit("software-delivery:" + std::string(kind), std::move(payload));
  if (!said.ok()) return said.error();
  return Nothing{};
}

Done check_dependencies(Call& call, const WorkUnit& work_unit) {
  for (const std::string& other : work_unit.depends_on) {
    SD_TRY_ASSIGN(const std::optional<Task> task, call.board.find(other));
    if (!task || task->state != "done")
      return refuse("DEPENDENCY_OPEN", work_unit.id + " depends on " + other + ", which is not done");
  }
  return Nothing{};
}

Done check_base(const Facts& facts) {
  if (facts.target.empty())
    return refuse("DETACHED_HEAD",
                  "the workspace has no branch checked out: check one out, or name one as "
                  "software_delivery.main_branch in lumenflow.yaml");
  if (facts.target_tip.empty())
    return refuse("NO_COMMITS", "the branch '" + facts.target + "' has no commit to start from; make the first one");
  return Nothing{};
}

Done make_worktree(Call& call, const Record& record) {
  std::vector<std::string> arguments{"worktree", "add"};
  if (record.made_branch)
    arguments.insert(arguments.end(), {"-b", record.branch, record.worktree, record.base});
  else
    arguments.insert(arguments.end(), {record.worktree, record.branch});
  const Answer<std::string> made = call.git.run(std::move(arguments));
  if (made.ok()) return Nothing{};
  return made.refusal();
}

// Takes back what a claim has done so far. From good to bad: all of it; but for the repository; not even the task.
Refusal roll_back(Call& call, const Facts& facts, const Record& record, Refusal why) {
  Done dropped = drop_worktree(call.git, facts.place);
  if (dropped.ok() && record.made_branch) {
    const Answer<std::optional<std::string>> tip =
        call.git.ask({"rev-parse", "--verify", "--quiet", "refs/heads/" + record.branch});
    if (tip.ok() && *tip && **tip == record.base) dropped = delete_branch(call.git, record.branch, record.base);
  }
  if (const Done released = call.board.release(facts.wu_id, "the claim failed"); !released.ok())
    return left_behind(call, std::move(why), "needs_recovery", {});
  if (!dropped.ok())
    return left_behind(call, std::move(why), "partial",
                       "The task is free again; what is left of the worktree is removed by a confirmation.");
  if (const Done forgotten = forget_record(call.context, facts.wu_id); !forgotten.ok())
    return left_behind(call, std::move(why), "partial", "The claim is taken back, and a note of it is left.");
  return left_behind(call, std::move(why), "clean", {});
}

}  // namespace

Data claim_work_unit(Call& call) {
  SD_TRY_ASSIGN(const InHand::Hold hold, call.site.in_hand.take(call.text("wu_id")));
  SD_TRY_ASSIGN(const WorkUnit work_unit, read_work_unit(call.folder, call.text("wu_id")));
  SD_TRY_ASSIGN(const Lane lane, call.board.lane(work_unit.lane));
  if (const std::string asked = call.text("lane"); !asked.empty()) {
    SD_TRY_ASSIGN(const Lane other, call.board.lane(asked));
    if (other.id != lane.id)
      return refuse("LANE_MISMATCH",
                    work_unit.id + " belongs to the lane '" + lane.id + "', not to '" + other.id + "'");
  }
  SD_TRY(check_dependencies(call, work_unit));
  const Workplace place = workplace_of(lane.id, work_unit.id);
  SD_TRY_ASSIGN(const Facts facts, gather(call.git, call.board, call.folder, work_unit.id, place, call.site.in_hand));
  SD_TRY(check_base(facts));
  if (facts.task && facts.task->state != "ready")
    return refuse("ILLEGAL_TRANSITION", work_unit.id + " is " + facts.task->state +
                                            (facts.task->claimed_by.empty() ? "" : ", by " + facts.task->claimed_by));
  if (facts.registered || facts.folder || facts.record)
    return refuse("NEEDS_RECOVERY",
                  "something of an earlier claim of " + work_unit.id + " is left; call wu:recover with its wu_id");
  SD_TRY(call.folder.make_ignore_file());
  SD_TRY(call.board.create(work_unit, lane.id));
  SD_TRY(call.board.claim(work_unit.id, place));  // of many at once one gets beyond this, also where a lane is full
  Record record;
  record.step = "claiming";
  record.lane = lane.id;
  record.branch = place.branch;
  record.worktree = place.worktree;
  record.target = facts.target;
  record.made_branch = !facts.branch_tip;
  record.base = facts.branch_tip.value_or(facts.target_tip);
  record.by = call.context.subject();
  Done made = keep_record(call.context, work_unit.id, record);
  if (made.ok()) made = make_worktree(call, record);
  if (made.ok()) {
    record.step = "claimed";
    made = keep_record(call.context, work_unit.id, record);
  }
  if (!made.ok()) return roll_back(call, facts, record, made.refusal());
  const std::string path = call.folder.workspace_root() + "/" + place.worktree;
  SD_TRY(say(call, "wu_claimed", facts, lane.id,
             json::Object{{"worktree_path", place.worktree}, {"commit", record.base}}));
  return json::Value(json::Object{
      {"worktree_path", path}, {"branch", place.branch}, {"commit", record.base}, {"wu", to_json(work_unit)}});
}

Data release_work_unit(Call& call) {
  SD_TRY_ASSIGN(const InHand::Hold hold, call.site.in_hand.take(call.text("wu_id")));
  Answer<Subject> subject = subject_of(call);
  if (!subject.ok()) return subject.refusal();
  Facts& facts = subject->facts;
  if (!facts.task || !facts.task->is_claimed()) return refuse("ILLEGAL_TRANSITION", facts.wu_id + " is not claimed");
  if (!facts.changes.empty())
    return refuse("WORKTREE_DIRTY", "the worktree has what is not committed (" + facts.changes.front() +
                                        " and perhaps more); commit it, and the branch keeps it");
  if (facts.record) {
    facts.record->step = "releasing";
    SD_TRY(keep_record(call.context, facts.wu_id, *facts.record));
  }
  if (facts.registered || facts.folder) {
    const Answer<std::string> removed = call.git.run({"worktree", "remove", facts.place.worktree});
    if (!removed.ok()) return left_behind(call, removed.refusal(), "partial", {});
  }
  if (const Done released = call.board.release(facts.wu_id, call.text("reason")); !released.ok())
    return left_behind(call, released.refusal(), "partial", {});
  SD_TRY(forget_record(call.context, facts.wu_id));
  SD_TRY(say(call, "wu_released", facts, subject->lane.id, json::Object{{"reason", call.text("reason")}}));
  json::Object out{{"wu_id", facts.wu_id}, {"status", "ready"}};
  if (facts.branch_tip) {
    out.set("branch", facts.place.branch);
    out.set("commit", *facts.branch_tip);
  }
  return json::Value(std::move(out));
}

Data block_work_unit(Call& call) {
  SD_TRY_ASSIGN(const WorkUnit work_unit, read_work_unit(call.folder, call.text("wu_id")));
  SD_TRY(call.board.block(work_unit.id, call.text("reason")));
  Facts facts;
  facts.wu_id = work_unit.id;
  SD_TRY(say(call, "wu_blocked", facts, work_unit.lane, json::Object{{"reason", call.text("reason")}}));
  return json::Value(json::Object{{"wu_id", work_unit.id}, {"status", "blocked"}});
}

Data unblock_work_unit(Call& call) {
  SD_TRY_ASSIGN(const WorkUnit work_unit, read_work_unit(call.folder, call.text("wu_id")));
  SD_TRY(call.board.unblock(work_unit.id));
  return json::Value(json::Object{{"wu_id", work_unit.id}, {"status", "active"}});
}

}  // namespace lumenflow::software_delivery
