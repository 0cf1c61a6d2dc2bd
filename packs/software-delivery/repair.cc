#include "software-delivery/repair.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace lumenflow::software_delivery {
namespace {

Done done(const Answer<std::string>& answer) {
  if (answer.ok()) return Nothing{};
  return answer.refusal();
}

Done remove_locks(const Facts& facts, const std::string& root) {
  for (const std::string& lock : facts.locks)
    if (::unlink((root + "/" + lock).c_str()) != 0 && errno != ENOENT)
      return refuse("IO_ERROR", lock + ": " + std::strerror(errno));
  return Nothing{};
}

// Where git had the worktree, that is forgotten first.
Done restore_worktree(Git& git, const Workplace& place) {
  SD_TRY(drop_worktree(git, place));
  return done(git.run({"worktree", "add", "--force", place.worktree, place.branch}));
}

// Only files that the merge writes differ from one side or the other; the branch moves with them.
Done finish_merge(Git& git, const Facts& facts) {
  return done(git.run({"reset", "--hard", "--quiet", facts.record->commit}));
}

Done apply(Mend mend, Git& git, Board& board, const Folder& folder, const Facts& facts) {
  switch (mend) {
    case Mend::kRemoveLocks:
      return remove_locks(facts, folder.workspace_root());
    case Mend::kRestoreWorktree:
      return restore_worktree(git, facts.place);
    case Mend::kDropWorktree:
      return drop_worktree(git, facts.place);
    case Mend::kRemoveWorktree:
      return done(git.run({"worktree", "remove", facts.place.worktree}));
    case Mend::kDeleteBranch:
      return delete_branch(git, facts.place.branch, facts.branch_tip.value_or(""));
    case Mend::kFinishMerge:
      return finish_merge(git, facts);
    case Mend::kReleaseTask:
      return board.release(facts.wu_id, "a recovery gave it back");
    case Mend::kCompleteTask:
      return stamp_and_complete(board, folder, facts.wu_id, *facts.record);
    case Mend::kForgetRecord:
      return forget_record(git.context(), facts.wu_id);
  }
  return Nothing{};
}

}  // namespace

Done drop_worktree(Git& git, const Workplace& place) {
  // Twice forced: one that git has locked while it was being made goes as well.
  const Answer<std::string> removed = git.run({"worktree", "remove", "--force", "--force", place.worktree});
  const Answer<std::string> left = removed.ok() ? removed : git.run({"worktree", "list", "--porcelain", "-z"});
  if (!left.ok()) return left.refusal();
  const bool known = !removed.ok() && (*left).find("/" + place.worktree + '\0') != std::string::npos;
  const std::string folder = git.context().workspace_root() + "/" + place.worktree;
  if (::access(folder.c_str(), F_OK) == 0) {  // git does not know it, or its .git is gone
    pack::ProgramRequest request;
    request.command = {"rm", "-rf", "--", place.worktree};
    request.environment = git_environment(git.context().workspace_root());
    Result<pack::ProgramEnd> end = git.context().run_program(request);
    if (!end.ok()) return end.error();
    if (!end->succeeded()) return refuse("IO_ERROR", "rm: " + end->errors);
  }
  if (known) {
    const Answer<std::string> unlocked = git.run({"worktree", "unlock", place.worktree});  // or it was not locked
    (void)unlocked;
    return done(git.run({"worktree", "prune", "--expire=now"}));
  }
  return Nothing{};
}

Done delete_branch(Git& git, const std::string& branch, const std::string& tip) {
  if (tip.empty()) return Nothing{};
  return done(git.run({"update-ref", "-d", "refs/heads/" + branch, tip}));
}

Done stamp_and_complete(Board& board, const Folder& folder, const std::string& wu_id, const Record& record) {
  std::vector<std::string> evidence;
  if (const json::Array* gates = record.gates.if_array())
    for (const json::Value& gate : *gates) evidence.emplace_back(json::string_or(gate, "evidence_ref", ""));
  const json::Value stamp = json::Object{{"wu_id", wu_id},          {"lane", record.lane},
                                         {"commit", record.commit}, {"merged_into", record.target},
                                         {"gates", record.gates},   {"by", record.by}};
  SD_TRY(folder.write("done/" + wu_id + ".json", json::serialize_pretty(stamp) + "\n", true));
  SD_TRY_ASSIGN(const std::optional<Task> task, board.find(wu_id));
  if (task && task->state == "done") return Nothing{};
  if (task && task->state == "blocked") SD_TRY(board.unblock(wu_id));
  return board.complete(wu_id, evidence);
}

Done repair(Git& git, Board& board, const Folder& folder, const Facts& facts, const Plan& plan) {
  for (const Mend mend : plan.mends) SD_TRY(apply(mend, git, board, folder, facts));
  return Nothing{};
}

}  // namespace lumenflow::software_delivery
