#include "software-delivery/merging.h"

#include <sys/stat.h>

#include "software-delivery/aftermath.h"
#include "software-delivery/changes.h"
#include "software-delivery/gate_runs.h"
#include "software-delivery/pieces.h"
#include "software-delivery/plan.h"

namespace lumenflow::software_delivery {
namespace {

constexpr std::size_t kPathsShown = 100, kPathsNamed = 5;
constexpr std::size_t kRulesDiffBytesMax = 64u << 10;

json::Value shown(const std::vector<std::string>& paths) {
  json::Array files;
  for (std::size_t i = 0; i < paths.size() && i < kPathsShown; ++i) files.emplace_back(paths[i]);
  return json::Object{{"files", std::move(files)}, {"count", static_cast<std::uint64_t>(paths.size())}};
}

std::string named(const std::vector<std::string>& paths) {
  std::string out;
  for (std::size_t i = 0; i < paths.size() && i < kPathsNamed; ++i) out += (i == 0 ? "" : ", ") + paths[i];
  return paths.size() > kPathsNamed ? out + " and more" : out;
}

Answer<std::vector<std::string>> changed_in(Call& call, const Facts& facts, const std::string& path) {
  SD_TRY_ASSIGN(const std::string out, call.git.run({"diff", "--name-only", "-z", "--no-renames", facts.target_tip,
                                                     *facts.branch_tip, "--", path}));
  return pieces_of(out, '\0');
}

// What the workspace is run by is changed by people, who see the change: a merge of a work unit would put it into force
// by the way. What is the kernel's own is changed by nobody.
Done check_rules_stay(Call& call, const Facts& facts) {
  SD_TRY_ASSIGN(const std::vector<std::string> kernels, changed_in(call, facts, ".lumenflow"));
  if (!kernels.empty())
    return refuse(
        "SCOPE_DENIED",
        "the branch changes " + named(kernels) + ": nothing may write below .lumenflow; take it off the branch",
        shown(kernels));
  SD_TRY_ASSIGN(const std::vector<std::string> rules, changed_in(call, facts, "lumenflow.yaml"));
  if (rules.empty()) return Nothing{};
  json::Value details = shown(rules);
  if (Answer<std::string> diff = call.git.run({"diff", "--no-ext-diff", "--no-textconv", "--no-color", facts.target_tip,
                                               *facts.branch_tip, "--", "lumenflow.yaml"},
                                              {}, kRulesDiffBytesMax);
      diff.ok())
    details.as_object().set("diff", std::move(*diff));
  return refuse(
      "CHANGES_WORKSPACE_RULES",
      "the branch changes lumenflow.yaml, by which this workspace is run (the diff is in the details): a person "
      "merges that, with `git merge --ff-only " +
          facts.place.branch + "` and `lumenflow reload`, and releases the work unit; or take it off the branch",
      std::move(details));
}

// A file of the workspace that git does not know, where the merge makes one. Git would stop at it, half way through;
// or, where it is one that git ignores, write over it.
Done check_nothing_in_the_way(Call& call, const Facts& facts) {
  SD_TRY_ASSIGN(const std::string out, call.git.run({"diff", "--name-only", "-z", "--no-renames", "--diff-filter=A",
                                                     facts.target_tip, *facts.branch_tip, "--"}));
  for (const std::string& path : pieces_of(out, '\0'))
    if (struct stat info{}; ::lstat((call.folder.workspace_root() + "/" + path).c_str(), &info) == 0)
      return refuse("WORKSPACE_DIRTY", "the merge makes the file " + path +
                                           ", and the workspace has one there that is not committed; move it away");
  return Nothing{};
}

}  // namespace

Done check_mergeable(Call& call, const Facts& facts) {
  if (!facts.task || facts.task->state != "active")
    return refuse("ILLEGAL_TRANSITION", facts.wu_id + " is " + (facts.task ? facts.task->state : "ready") +
                                            "; only an active work unit can be done");
  if (!facts.worktree.there && !facts.worktree.known() && facts.worktree.link.empty())
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

// Whoever approved has approved the commit that the summary said. Where there was none, as for what a recovery calls,
// they have approved what there was when the call was made: a commit whose gates passed since then is another one.
Done check_asked_for(Call& call, const Facts& facts) {
  const std::string named = call.text("commit");
  if (!named.empty() && named != *facts.branch_tip)
    return refuse("COMMIT_MOVED", "the branch is at " + *facts.branch_tip + " now, not at " + named +
                                      "; look at it, and call wu:done again");
  if (const json::Value* approved = call.context.approved_summary()) {
    const std::string seen(json::string_or(*approved, "commit", ""));
    if (seen == *facts.branch_tip) return Nothing{};
    return refuse("COMMIT_MOVED", "the branch is at " + *facts.branch_tip + " now, and what was approved is " + seen +
                                      "; call wu:done again");
  }
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
  const std::string first = missing.front().as_string();
  const std::string count =
      missing.size() == 1 ? "a required gate has" : std::to_string(missing.size()) + " required gates have";
  return refuse("GATES_NOT_GREEN",
                count + " not passed on " + facts.branch_tip->substr(0, 12) + ", '" + first +
                    "' among them; call software-delivery:gates",
                json::Object{{"missing", std::move(missing)}, {"commit", *facts.branch_tip}});
}

}  // namespace lumenflow::software_delivery
