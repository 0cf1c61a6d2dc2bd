#include "software-delivery/mend_worktree.h"

#include <sys/stat.h>
#include <unistd.h>

#include "software-delivery/changes.h"

namespace lumenflow::software_delivery {
namespace {

constexpr int kSetAsideMax = 10'000;

bool is_there(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0;
}

// Of a path relative to the workspace: relative to the pack's folder.
std::string within(const std::string& path) { return path.substr(kFolder.size() + 1); }

// Git with its folder gone: it removes only what it keeps itself. Twice forced, for one that is locked.
Done forget(Git& git, const std::string& path) {
  return done(git.run({"worktree", "remove", "--force", "--force", path}));
}

Done keep_stray(Git& git, const Facts& facts, Notes& notes) {
  if (facts.stray.empty()) return Nothing{};
  const std::string branch = keeping_branch(facts);
  SD_TRY(done(git.run({"update-ref", "refs/heads/" + branch, facts.stray})));
  notes.push_back("the commit " + facts.stray + " is kept on the branch " + branch);
  return Nothing{};
}

// By a program in the sandbox, and out of the way first: what is cut off then is half of a folder that nobody uses.
Done remove_folder(Git& git, const Folder& folder, const std::string& path) {
  const std::string leaving = "worktrees/leaving/" + path.substr(path.rfind('/') + 1);
  const std::string& root = git.context().workspace_root();
  pack::ProgramRequest request;
  request.command = {"rm", "-rf", "--", std::string(kFolder) + "/" + leaving};
  request.environment = git_environment(root);
  const auto remove = [&]() -> Done {
    Result<pack::ProgramEnd> end = git.context().run_program(request);
    if (!end.ok()) return end.error();
    if (!end->succeeded()) return refuse("IO_ERROR", "rm: " + end->errors);
    return Nothing{};
  };
  if (is_there(folder.absolute(leaving))) SD_TRY(remove());  // of a process that died
  SD_TRY(folder.move(within(path), leaving));
  return remove();
}

// Also what the index is told not to look at, and what no program sees.
Answer<bool> is_disposable(Git& git, const Folder& folder, const Facts& facts, bool ignored_may_go) {
  if (!is_clean(facts, ignored_may_go)) return false;
  if (holds_hidden_files(folder.workspace_root(), facts.worktree.path)) return false;
  if (facts.head.empty()) return false;
  SD_TRY_ASSIGN(const Differing differing, differing_from_head(git, folder, facts.worktree.tree()));
  return differing.altered.empty();
}

}  // namespace

Answer<std::string> set_aside(const Folder& folder, const std::string& path, const std::string& name) {
  for (int n = 1; n < kSetAsideMax; ++n) {
    const std::string to = std::string(kSetAside) + "/" + name + "-" + std::to_string(n);
    const Done moved = folder.move(path, to);
    if (moved.ok()) return std::string(kFolder) + "/" + to;
    if (moved.refusal().code != "ALREADY_EXISTS") return moved.refusal();
  }
  return refuse("IO_ERROR", "there is too much in " + folder.absolute(kSetAside) + ": look at it, and remove it");
}

Done add_worktree(Git& git, std::vector<std::string> arguments) {
  const std::vector<std::string> before{"-c", "core.sparseCheckout=false", "worktree", "add"};
  arguments.insert(arguments.begin(), before.begin(), before.end());
  return done(git.run(std::move(arguments)));
}

Done clear_worktree(Git& git, const Folder& folder, const Facts& facts, bool ignored_may_go, Notes& notes) {
  const Worktree& worktree = facts.worktree;
  SD_TRY(keep_stray(git, facts, notes));
  if (worktree.there) {
    SD_TRY_ASSIGN(const bool disposable, is_disposable(git, folder, facts, ignored_may_go));
    if (disposable) {
      SD_TRY(remove_folder(git, folder, worktree.path));
    } else if (worktree.empty) {
      SD_TRY(folder.erase_folder(within(worktree.path)));
    } else {
      SD_TRY_ASSIGN(const std::string place, set_aside(folder, within(worktree.path), facts.place.name));
      // It names what a later worktree of the same name would use. One that is a repository of its own stays.
      if (worktree.folder && !worktree.own_repository) SD_TRY(folder.erase(within(place) + "/.git"));
      notes.push_back("what was in " + worktree.path + " is in " + place);
    }
  }
  if (worktree.known()) SD_TRY(forget(git, worktree.path));
  return Nothing{};
}

Done relink_worktree(Git& git, const Folder& folder, const Worktree& worktree) {
  SD_TRY(folder.write(within(worktree.path) + "/.git",
                      "gitdir: " + folder.workspace_root() + "/" + worktree.admin + "\n", true));
  return done(git.run({"worktree", "repair", worktree.path}));  // and the way back
}

Done restore_worktree(Git& git, const Folder& folder, const Facts& facts) {
  const Worktree& worktree = facts.worktree;
  if (!worktree.known()) return add_worktree(git, {worktree.path, facts.place.branch});
  SD_TRY(relink_worktree(git, folder, worktree));
  if (!worktree.indexed) return done(git.run({"reset", "--hard", "--quiet"}, worktree.tree()));
  return done(git.run({"checkout-index", "--all", "--force", "--quiet"}, worktree.tree()));
}

// Git makes a worktree without files beside it, whose link the folder then takes over.
Done register_worktree(Git& git, const Folder& folder, const Facts& facts) {
  const std::string& path = facts.worktree.path;
  const std::string beside = std::string(kFolder) + "/worktrees/linking/" + facts.place.name;
  Worktree made = look_at_worktree(folder.workspace_root(), beside);
  if (made.there) {  // of a process that died
    SD_TRY(folder.erase(within(beside) + "/.git"));
    SD_TRY(folder.erase_folder(within(beside)));
  }
  if (made.known()) SD_TRY(forget(git, beside));
  SD_TRY(add_worktree(git, {"--no-checkout", beside, facts.place.branch}));
  made = look_at_worktree(folder.workspace_root(), beside);
  if (!made.works()) return refuse("GIT_FAILED", "git made no worktree in " + beside);
  SD_TRY(done(git.run({"read-tree", "HEAD"}, made.tree())));
  made.path = path;
  SD_TRY(relink_worktree(git, folder, made));
  SD_TRY(folder.erase(within(beside) + "/.git"));
  return folder.erase_folder(within(beside));
}

Done remake_branch(Git& git, const Facts& facts) {
  const std::string& commit = !facts.head.empty()                   ? facts.head
                              : !facts.worktree.last_commit.empty() ? facts.worktree.last_commit
                                                                    : facts.record.value_or(Record{}).base;
  if (commit.empty())
    return refuse("BRANCH_MISSING", "nothing tells which commit the branch " + facts.place.branch +
                                        " was at: make it yourself, with git branch");
  return done(git.run({"update-ref", "refs/heads/" + facts.place.branch, commit, ""}));
}

// Forward only, so that the branch loses nothing; and no file changes.
Done take_head(Git& git, const Facts& facts) {
  const Tree tree = facts.worktree.tree();
  const std::string ref = "refs/heads/" + facts.place.branch;
  SD_TRY(done(git.run({"update-ref", ref, facts.head, facts.branch_tip.value_or("")}, tree)));
  return done(git.run({"symbolic-ref", "HEAD", ref}, tree));
}

Done check_out(Git& git, const Facts& facts, Notes& notes) {
  SD_TRY(keep_stray(git, facts, notes));
  return done(git.run({"checkout", "--quiet", facts.place.branch, "--"}, facts.worktree.tree()));
}

}  // namespace lumenflow::software_delivery
