#include "software-delivery/facts.h"

#include <sys/stat.h>

#include <algorithm>

namespace lumenflow::software_delivery {
namespace {

bool is_there(const std::string& path, bool folder) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && (folder ? S_ISDIR(info.st_mode) : !S_ISDIR(info.st_mode));
}

std::vector<std::string> split(const std::string& text, char end) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t next = std::min(text.find(end, at), text.size());
    out.push_back(text.substr(at, next - at));
    at = next + 1;
  }
  return out;
}

Done read_refs(Git& git, Facts& facts) {
  std::vector<std::string> arguments{"for-each-ref", "--format=%(objectname) %(refname)",
                                     "refs/heads/" + facts.place.branch};
  if (!facts.target.empty()) arguments.push_back("refs/heads/" + facts.target);
  SD_TRY_ASSIGN(const std::string out, git.run(std::move(arguments)));
  for (const std::string& line : split(out, '\n')) {
    const std::size_t space = line.find(' ');
    if (space == std::string::npos) continue;
    const std::string ref = line.substr(space + 1), tip = line.substr(0, space);
    if (ref == "refs/heads/" + facts.place.branch) facts.branch_tip = tip;
    if (ref == "refs/heads/" + facts.target) facts.target_tip = tip;
  }
  return Nothing{};
}

// Blocks of lines that end with NUL, an empty one between blocks.
Done read_worktrees(Git& git, Facts& facts) {
  SD_TRY_ASSIGN(const std::string out, git.run({"worktree", "list", "--porcelain", "-z"}));
  const std::string root = git.context().workspace_root();
  std::string path;
  for (const std::string& line : split(out, '\0')) {
    if (line.starts_with("worktree ")) path = line.substr(9);
    const bool ours = path == root + "/" + facts.place.worktree;
    if (path == root && line == "branch refs/heads/" + facts.target) facts.target_in_workspace = true;
    if (!ours) continue;
    facts.registered = true;
    if (line.starts_with("HEAD ")) facts.head = line.substr(5);
    if (line.starts_with("branch refs/heads/")) facts.worktree_branch = line.substr(18);
    if (line.starts_with("locked") && line.find("initializing") != std::string::npos) facts.initializing = true;
  }
  return Nothing{};
}

Answer<bool> is_ancestor(Git& git, const std::string& commit, const std::string& of) {
  if (commit.empty() || of.empty()) return false;
  SD_TRY_ASSIGN(const std::optional<std::string> yes, git.ask({"merge-base", "--is-ancestor", commit, of}));
  return yes.has_value();
}

// A merge that was cut off has written some of the files that it was to change, and nothing else.
Done read_broken_merge(Git& git, Facts& facts) {
  const Record& record = *facts.record;
  if (!facts.target_in_workspace || facts.target_tip != record.target_before) return Nothing{};
  SD_TRY_ASSIGN(const std::string out,
                git.run({"diff", "--name-only", "-z", "--no-renames", record.target_before, record.commit, "--"}));
  const std::vector<std::string> merging = split(out, '\0');
  SD_TRY_ASSIGN(const std::vector<std::string> changed, changes_in(git, {}, true));
  for (const std::string& path : changed) {
    const bool in_merge = std::ranges::any_of(merging, [&](const std::string& each) {
      return each == path || (path.ends_with('/') && each.starts_with(path));  // a whole folder is new
    });
    if (in_merge) facts.unmerged_paths.push_back(path);
  }
  return Nothing{};
}

void read_locks(Facts& facts, const std::string& root) {
  std::vector<std::string> candidates{
      ".git/index.lock", ".git/HEAD.lock", ".git/worktrees/" + facts.place.name + "/index.lock",
      ".git/worktrees/" + facts.place.name + "/HEAD.lock", ".git/refs/heads/" + facts.place.branch + ".lock"};
  if (!facts.target.empty()) candidates.push_back(".git/refs/heads/" + facts.target + ".lock");
  for (std::string& lock : candidates)
    if (is_there(root + "/" + lock, false)) facts.locks.push_back(std::move(lock));
}

}  // namespace

json::Value to_json(const Record& record) {
  return json::Object{{"step", record.step},
                      {"lane", record.lane},
                      {"branch", record.branch},
                      {"worktree", record.worktree},
                      {"target", record.target},
                      {"base", record.base},
                      {"made_branch", record.made_branch},
                      {"commit", record.commit},
                      {"target_before", record.target_before},
                      {"gates", record.gates},
                      {"by", record.by}};
}

Answer<std::optional<Record>> find_record(pack::HostContext& context, const std::string& wu_id) {
  Result<std::optional<json::Value>> found = context.store().get("wu/" + wu_id);
  if (!found.ok()) return found.error();
  if (!*found) return std::optional<Record>();
  const json::Value& value = **found;
  const auto text = [&](std::string_view key) { return std::string(json::string_or(value, key, "")); };
  Record out;
  out.step = text("step");
  out.lane = text("lane");
  out.branch = text("branch");
  out.worktree = text("worktree");
  out.target = text("target");
  out.base = text("base");
  out.made_branch = json::boolean_or(value, "made_branch", false);
  out.commit = text("commit");
  out.target_before = text("target_before");
  if (const json::Value* gates = value.find("gates")) out.gates = *gates;
  out.by = text("by");
  return std::optional<Record>(std::move(out));
}

Done keep_record(pack::HostContext& context, const std::string& wu_id, const Record& record) {
  const auto put = [&](pack::Store& store) { return store.put("wu/" + wu_id, to_json(record)); };
  if (const Status status = context.transact(put); !status.ok()) return status.error();
  return Nothing{};
}

Done forget_record(pack::HostContext& context, const std::string& wu_id) {
  const auto erase = [&](pack::Store& store) { return store.erase("wu/" + wu_id); };
  if (const Status status = context.transact(erase); !status.ok()) return status.error();
  return Nothing{};
}

Answer<InHand::Hold> InHand::take(const std::string& wu_id) {
  const std::lock_guard lock(mutex_);
  if (!ids_.insert(wu_id).second)
    return refuse("WU_BUSY", "another call is at " + wu_id + " now; try again when it has ended");
  return Hold(*this, wu_id);
}

bool InHand::has(const std::string& wu_id) const {
  const std::lock_guard lock(mutex_);
  return ids_.contains(wu_id);
}

void InHand::drop(const std::string& wu_id) {
  const std::lock_guard lock(mutex_);
  ids_.erase(wu_id);
}

Answer<std::string> target_branch(Git& git) {
  const std::string configured(json::string_or(git.context().config(), "main_branch", ""));
  if (!configured.empty()) return configured;
  SD_TRY_ASSIGN(const std::optional<std::string> head, git.ask({"symbolic-ref", "--quiet", "--short", "HEAD"}));
  return head.value_or("");
}

Answer<std::vector<std::string>> changes_in(Git& git, const std::string& directory, bool untracked) {
  SD_TRY_ASSIGN(const std::string out,
                git.run({"status", "--porcelain=v1", "-z", "--no-renames", "--ignore-submodules=dirty",
                         untracked ? "--untracked-files=normal" : "--untracked-files=no"},
                        directory));
  std::vector<std::string> paths;
  for (const std::string& line : split(out, '\0')) {
    if (line.size() < 4) continue;
    const std::string path = line.substr(3);
    const std::string name = path.substr(path.rfind('/') + 1);
    const bool own = directory.empty() && line.starts_with("??") && path.starts_with(std::string(kFolder));
    // Committed or not, git sees neither in its sandbox.
    const bool hidden = name == ".env" || (directory.empty() && path.starts_with(".lumenflow/"));
    if (!hidden && !own) paths.push_back(path);
  }
  return paths;
}

Answer<Facts> gather(Git& git, Board& board, const Folder& folder, const std::string& wu_id, const Workplace& place,
                     const InHand& in_hand) {
  Facts facts;
  facts.wu_id = wu_id;
  facts.place = place;
  facts.in_hand = in_hand.has(wu_id);
  SD_TRY_ASSIGN(facts.task, board.find(wu_id));
  SD_TRY_ASSIGN(facts.record, find_record(git.context(), wu_id));
  SD_TRY(git.check_repository());
  if (facts.record) {
    facts.place.branch = facts.record->branch;
    facts.place.worktree = facts.record->worktree;
    facts.place.name = facts.place.worktree.substr(facts.place.worktree.rfind('/') + 1);
    facts.target = facts.record->target;
  }
  if (facts.target.empty()) {
    SD_TRY_ASSIGN(facts.target, target_branch(git));
  }
  SD_TRY(read_refs(git, facts));
  SD_TRY(read_worktrees(git, facts));
  const std::string& root = folder.workspace_root();
  facts.folder = is_there(root + "/" + facts.place.worktree, true);
  if (facts.registered && facts.folder && is_there(root + "/" + facts.place.worktree + "/.git", false) &&
      !facts.initializing) {
    SD_TRY_ASSIGN(facts.changes, changes_in(git, facts.place.worktree, true));
  }
  const std::string finished =
      facts.record && facts.record->step == "finishing" ? facts.record->commit : facts.branch_tip.value_or("");
  SD_TRY_ASSIGN(facts.merged, is_ancestor(git, finished, facts.target_tip));
  if (facts.record && facts.record->step == "finishing" && !facts.merged) SD_TRY(read_broken_merge(git, facts));
  SD_TRY_ASSIGN(const std::optional<std::string> stamp, folder.read("done/" + wu_id + ".json", 1u << 20));
  facts.stamped = stamp.has_value();
  read_locks(facts, root);
  return facts;
}

}  // namespace lumenflow::software_delivery
