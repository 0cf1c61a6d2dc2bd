#include "software-delivery/repair.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace lumenflow::software_delivery {
namespace {

constexpr int kRoomsMax = 10'000;
constexpr std::size_t kCopiedAtOnce = 200;  // of one program's arguments

Done remove_locks(const Facts& facts, const std::string& root) {
  for (const std::string& lock : facts.locks)
    if (::unlink((root + "/" + lock).c_str()) != 0 && errno != ENOENT)
      return refuse("IO_ERROR", lock + ": " + std::strerror(errno));
  return Nothing{};
}

Answer<std::string> make_room_aside(const Folder& folder, const std::string& wu_id) {
  for (int n = 1; n < kRoomsMax; ++n) {
    const std::string place = std::string(kSetAside) + "/" + wu_id + "-merge-" + std::to_string(n);
    const Done made = folder.write(place + "/README.txt",
                                   "Files of the workspace as they were when the broken off merge of " + wu_id +
                                       " was completed.\nRemove them when nobody misses anything.\n",
                                   false);
    if (made.ok()) return std::string(kFolder) + "/" + place;
    if (made.refusal().code != "ALREADY_EXISTS") return made.refusal();
  }
  return refuse("IO_ERROR", "there is too much in " + folder.absolute(kSetAside) + ": look at it, and remove it");
}

Done copy_aside(Git& git, const std::vector<std::string>& paths, std::size_t from, const std::string& to) {
  const std::string& root = git.context().workspace_root();
  pack::ProgramRequest request;
  request.command = {"cp", "--archive", "--parents", "--"};
  const std::size_t before = request.command.size();
  for (std::size_t i = from; i < paths.size() && i < from + kCopiedAtOnce; ++i)
    if (struct stat info{}; ::lstat((root + "/" + paths[i]).c_str(), &info) == 0) request.command.push_back(paths[i]);
  if (request.command.size() == before) return Nothing{};
  request.command.push_back(to);
  request.environment = git_environment(root);
  Result<pack::ProgramEnd> end = git.context().run_program(request);
  if (!end.ok()) return end.error();
  if (!end->succeeded()) return refuse("IO_ERROR", "cp: " + end->errors);
  return Nothing{};
}

// What differs from the commit is of the merge, or somebody has worked on it since: both are kept. The branch moves
// with the files.
Done finish_merge(Git& git, const Folder& folder, const Facts& facts, Notes& notes) {
  if (!facts.other_changes.empty())
    return refuse("WORKSPACE_DIRTY", "the workspace has changes that are not of the merge: " +
                                         facts.other_changes.front() + "; commit or undo them, and confirm again");
  SD_TRY_ASSIGN(const std::string place, make_room_aside(folder, facts.wu_id));
  for (std::size_t at = 0; at < facts.unmerged_paths.size(); at += kCopiedAtOnce)
    SD_TRY(copy_aside(git, facts.unmerged_paths, at, place));
  notes.push_back("what the files were that the merge was writing is in " + place);
  return done(git.run({"reset", "--hard", "--quiet", facts.record->commit}));
}

Done apply(Mend mend, Git& git, Board& board, const Folder& folder, const Facts& facts, Notes& notes) {
  switch (mend) {
    case Mend::kRemoveLocks:
      return remove_locks(facts, folder.workspace_root());
    case Mend::kRemakeBranch:
      return remake_branch(git, facts);
    case Mend::kRestoreWorktree:
      return restore_worktree(git, folder, facts);
    case Mend::kRegister:
      return register_worktree(git, folder, facts);
    case Mend::kRelink:
      return relink_worktree(git, folder, facts.worktree);
    case Mend::kReplaceWorktree:
      SD_TRY(clear_worktree(git, folder, facts, false, notes));
      return add_worktree(git, {facts.place.worktree, facts.place.branch});
    case Mend::kTakeHead:
      return take_head(git, facts);
    case Mend::kCheckOut:
      return check_out(git, facts, notes);
    case Mend::kClearWorktree:
      return clear_worktree(git, folder, facts, false, notes);
    case Mend::kClearFinished:
      return clear_worktree(git, folder, facts, true, notes);
    case Mend::kDeleteBranch:
      return delete_branch(git, facts.place.branch, facts.branch_tip.value_or(""));
    case Mend::kFinishMerge:
      return finish_merge(git, folder, facts, notes);
    case Mend::kReleaseTask:
      return board.release(facts.wu_id, "a recovery gave it back");
    case Mend::kCompleteTask:
      return stamp_and_complete(board, folder, facts.wu_id, *facts.record);
    case Mend::kForgetRecord:
      return Nothing{};  // with the answer
  }
  return Nothing{};
}

}  // namespace

Done delete_branch(Git& git, const std::string& branch, const std::string& tip) {
  if (tip.empty()) return Nothing{};
  return done(git.run({"update-ref", "-d", "refs/heads/" + branch, tip}));
}

json::Value completed_event(const std::string& wu_id, const Record& record) {
  return json::Object{{"wu_id", wu_id}, {"lane", record.lane}, {"by", record.by}, {"commit", record.commit}};
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

Done repair(Git& git, Board& board, const Folder& folder, const Facts& facts, const Plan& plan, Notes& notes) {
  for (const Mend mend : plan.mends) SD_TRY(apply(mend, git, board, folder, facts, notes));
  return Nothing{};
}

}  // namespace lumenflow::software_delivery
