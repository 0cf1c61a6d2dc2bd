// wu:claim, wu:release, wu:block and wu:unblock.
//
// A claim is the kernel's task first: of two at once one gets it, and only then is the repository touched. What is
// about to happen there is written down before, so that a process that dies leaves word of it.
#include "software-delivery/changes.h"
#include "software-delivery/dependencies.h"
#include "software-delivery/repair.h"
#include "software-delivery/tools.h"
#include "software-delivery/work_unit_file.h"

namespace lumenflow::software_delivery {
namespace {

json::Object event_of(Call& call, const std::string& wu_id, std::string_view lane) {
  return {{"wu_id", wu_id}, {"lane", lane}, {"by", call.context.subject()}};
}

Done check_dependencies(Call& call, const WorkUnit& work_unit) {
  SD_TRY_ASSIGN(const std::vector<std::string> circle, circle_of(call, work_unit));
  if (!circle.empty())
    return refuse("DEPENDENCY_CYCLE", "these wait for each other for ever: " + circle_text(circle) +
                                          "; take one of them out of depends_on in its file");
  for (const std::string& other : work_unit.depends_on) {
    SD_TRY_ASSIGN(const std::optional<Task> task, call.board.find(other));
    if (!task || task->state != "done")
      return refuse("DEPENDENCY_OPEN", work_unit.id + " depends on " + other + ", which is not done");
  }
  return Nothing{};
}

Done check_base(const Facts& facts) {
  if (facts.bare)
    return refuse("UNSUPPORTED_REPOSITORY",
                  "the repository says that it has no working tree (core.bare is true): set it to false, or open the "
                  "workspace where it has one");
  if (facts.target.empty())
    return refuse("DETACHED_HEAD",
                  "the workspace has no branch checked out: check one out, or name one as "
                  "software_delivery.main_branch in lumenflow.yaml");
  if (facts.target_tip.empty())
    return refuse("NO_COMMITS", "the branch '" + facts.target + "' has no commit to start from; make the first one");
  return Nothing{};
}

Done make_worktree(Call& call, const Record& record) {
  std::vector<std::string> arguments{record.worktree, record.branch};
  if (record.made_branch) arguments = {"-b", record.branch, record.worktree, record.base};
  return add_worktree(call.git, std::move(arguments));
}

Done drop_made_branch(Call& call, const Record& record) {
  if (!record.made_branch) return Nothing{};
  SD_TRY_ASSIGN(const std::optional<std::string> tip,
                call.git.ask({"rev-parse", "--verify", "--quiet", "refs/heads/" + record.branch}));
  return tip == record.base ? delete_branch(call.git, record.branch, record.base) : Done(Nothing{});
}

// Takes back what a claim has done so far. From good to bad: all of it; but for the repository; not even the task.
Refusal roll_back(Call& call, const Facts& before, const Record& record, Refusal why) {
  Notes notes;
  Done dropped = Nothing{};
  if (Answer<Facts> facts = gather(call.git, call.board, call.folder, before.wu_id, before.place, call.site.in_hand);
      facts.ok())
    dropped = clear_worktree(call.git, call.folder, *facts, false, notes);
  else
    dropped = facts.refusal();
  if (dropped.ok()) dropped = drop_made_branch(call, record);
  for (const std::string& note : notes) why.message += "; " + note;
  if (const Done released = call.board.release(before.wu_id, "the claim failed"); !released.ok())
    return left_behind(call, std::move(why), "needs_recovery", {});
  if (!dropped.ok())
    return left_behind(call, std::move(why), "partial",
                       "The task is free again; what is left of the worktree is removed by a confirmation.");
  if (const Done forgotten = settle(call.context, before.wu_id, {}); !forgotten.ok())
    return left_behind(call, std::move(why), "partial", "The claim is taken back, and a note of it is left.");
  return left_behind(call, std::move(why), "clean", {});
}

// What is on no branch, or is not known to be: it is committed, or removed, by whoever put it there. What git ignores
// is kept aside.
Done check_release(const Facts& facts) {
  if (!facts.task || !facts.task->is_claimed()) return refuse("ILLEGAL_TRANSITION", facts.wu_id + " is not claimed");
  const bool attached = !facts.worktree.known() || facts.worktree_branch == facts.place.branch;
  if (!facts.worktree.there && facts.worktree.link.empty() && attached)
    return Nothing{};  // nothing but the branch is left
  SD_TRY(check_worktree(facts));
  if (facts.worktree.locked)
    return refuse("WORKTREE_LOCKED", "somebody has locked the worktree: `git worktree unlock` it first");
  if (!facts.changes.empty())
    return refuse("WORKTREE_DIRTY", "the worktree has what is not committed (" + facts.changes.front() +
                                        " and perhaps more); commit it, and the branch keeps it");
  return Nothing{};
}

// Somebody else has it: what takes it from them is a person's signed consent to this very call.
Refusal ask_for_release(Call& call, const Facts& facts) {
  Refusal why = refuse("NOT_YOURS", facts.wu_id + " is claimed by " + facts.task->claimed_by +
                                        ", who may release it; for anybody else a person has to confirm that");
  return left_behind(call, std::move(why), "needs_recovery", {}, "wu:release");
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
    return refuse("ILLEGAL_TRANSITION",
                  work_unit.id + " is " + facts.task->state +
                      (facts.task->claimed_by.empty() ? "" : ", and " + facts.task->claimed_by + " holds it"));
  if (!facts.worktree.link.empty())
    return refuse("WORKTREE_LINKED", facts.worktree.link +
                                         " is a symbolic link, and no worktree is made through one; put the folder "
                                         "itself there, or remove the link");
  if (facts.worktree.known() || facts.worktree.there || facts.record)
    return refuse("NEEDS_RECOVERY",
                  "something of an earlier claim of " + work_unit.id + " is left; call wu:recover with its wu_id");
  Record record;
  record.step = "claiming";
  record.lane = lane.id;
  record.branch = place.branch;
  record.worktree = place.worktree;
  record.target = facts.target;
  record.made_branch = !facts.branch_tip;
  record.base = facts.branch_tip.value_or(facts.target_tip);
  record.by = call.context.subject();
  record.receipt = call.context.receipt_id();
  SD_TRY(keep_record(call.context, work_unit.id, record));
  Done taken = call.folder.make_ignore_file();
  if (taken.ok()) taken = call.board.create(work_unit, lane.id);
  if (taken.ok()) taken = call.board.claim(work_unit.id, place);  // of many at once one gets beyond this, also where a
  if (!taken.ok()) {                                              // lane is full
    SD_TRY(settle(call.context, work_unit.id, {}));
    return taken.refusal();
  }
  if (const Done made = make_worktree(call, record); !made.ok()) return roll_back(call, facts, record, made.refusal());
  record.step = "claimed";
  json::Object event = event_of(call, work_unit.id, lane.id);
  event.set("worktree_path", place.worktree);
  event.set("commit", record.base);
  Settled settled{record, record.receipt, {}, {{"wu_claimed", std::move(event)}}};
  settled.data = json::Object{{"worktree_path", call.folder.workspace_root() + "/" + place.worktree},
                              {"branch", place.branch},
                              {"commit", record.base},
                              {"wu", to_json(work_unit)}};
  if (const Done kept = settle(call.context, work_unit.id, settled); !kept.ok())
    return roll_back(call, facts, record, kept.refusal());
  return std::move(settled.data);
}

Data release_work_unit(Call& call) {
  SD_TRY_ASSIGN(const InHand::Hold hold, call.site.in_hand.take(call.text("wu_id")));
  Answer<Subject> subject = subject_of(call);
  if (!subject.ok()) return subject.refusal();
  Facts& facts = subject->facts;
  SD_TRY(check_release(facts));
  if (!facts.task->claimed_by.empty() && facts.task->claimed_by != call.context.subject() &&
      call.context.confirmed_recovery().empty())
    return ask_for_release(call, facts);
  if (facts.worktree.works()) {
    SD_TRY_ASSIGN(const Differing differing, differing_from_head(call.git, call.folder, facts.worktree.tree()));
    if (!differing.altered.empty())
      return refuse("WORKTREE_DIRTY", differing.altered.front() +
                                          " is not what is committed, and git was told not to look at it "
                                          "(skip-worktree or assume-unchanged); commit or undo it");
  }
  Record record = facts.record.value_or(Record{});
  if (!facts.record) {
    record.branch = facts.place.branch;
    record.worktree = facts.place.worktree;
    record.target = facts.target;
  }
  record.lane = subject->lane.id;
  record.step = "releasing";
  record.receipt = call.context.receipt_id();
  SD_TRY(keep_record(call.context, facts.wu_id, record));
  Notes notes;
  if (const Done cleared = clear_worktree(call.git, call.folder, facts, false, notes); !cleared.ok())
    return left_behind(call, cleared.refusal(), "partial", {});
  if (const Done released = call.board.release(facts.wu_id, call.text("reason")); !released.ok())
    return left_behind(call, released.refusal(), "partial", {});
  json::Object out{{"wu_id", facts.wu_id}, {"status", "ready"}};
  if (facts.branch_tip) {
    out.set("branch", facts.place.branch);
    out.set("commit", *facts.branch_tip);
  }
  if (!notes.empty()) out.set("kept", json::Array(notes.begin(), notes.end()));
  json::Object event = event_of(call, facts.wu_id, subject->lane.id);
  event.set("reason", call.text("reason"));
  const Settled settled{{}, record.receipt, json::Value(std::move(out)), {{"wu_released", std::move(event)}}};
  if (const Done kept = settle(call.context, facts.wu_id, settled); !kept.ok())
    return left_behind(call, kept.refusal(), "partial", {});
  return settled.data;
}

Data block_work_unit(Call& call) {
  SD_TRY_ASSIGN(const WorkUnit work_unit, read_work_unit(call.folder, call.text("wu_id")));
  SD_TRY(call.board.block(work_unit.id, call.text("reason")));
  json::Object event = event_of(call, work_unit.id, work_unit.lane);
  event.set("reason", call.text("reason"));
  if (const Status said = call.context.emit("software-delivery:wu_blocked", std::move(event)); !said.ok())
    return said.error();
  return json::Value(json::Object{{"wu_id", work_unit.id}, {"status", "blocked"}});
}

Data unblock_work_unit(Call& call) {
  SD_TRY_ASSIGN(const WorkUnit work_unit, read_work_unit(call.folder, call.text("wu_id")));
  SD_TRY(call.board.unblock(work_unit.id));
  return json::Value(json::Object{{"wu_id", work_unit.id}, {"status", "active"}});
}

}  // namespace lumenflow::software_delivery
