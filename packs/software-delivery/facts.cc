#include "software-delivery/facts.h"

#include <sys/stat.h>

#include <algorithm>

#include "software-delivery/changes.h"
#include "software-delivery/pieces.h"

namespace lumenflow::software_delivery {
namespace {

constexpr int kListedMax = 20;

bool is_there(const std::string& path, bool folder) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && (folder ? S_ISDIR(info.st_mode) : !S_ISDIR(info.st_mode));
}

Done read_refs(Git& git, Facts& facts) {
  std::vector<std::string> arguments{"for-each-ref", "--format=%(objectname) %(refname)",
                                     "refs/heads/" + facts.place.branch};
  if (!facts.target.empty()) arguments.push_back("refs/heads/" + facts.target);
  SD_TRY_ASSIGN(const std::string out, git.run(std::move(arguments)));
  for (const std::string& line : pieces_of(out, '\n')) {
    const std::size_t space = line.find(' ');
    if (space == std::string::npos) continue;
    const std::string ref = line.substr(space + 1), tip = line.substr(0, space);
    if (ref == "refs/heads/" + facts.place.branch) facts.branch_tip = tip;
    if (ref == "refs/heads/" + facts.target) facts.target_tip = tip;
  }
  return Nothing{};
}

// Git writes down a worktree bit by bit, and lists none while one is half written: of that which another git makes at
// this moment there is soon the whole, of one that has died there never is.
Answer<std::string> list_worktrees(Git& git) {
  for (int asked = 1;; ++asked) {
    Answer<std::string> out = git.run({"worktree", "list", "--porcelain", "-z"});
    if (out.ok() || out.refusal().message.find("/commondir") == std::string::npos) return out;
    if (asked == kListedMax)
      return refuse(out.refusal().code,
                    out.refusal().message +
                        "; a git that died has left this worktree half made: where none is at work, "
                        "remove the folder that the file is in");
  }
}

// Blocks of lines that end with NUL, an empty one between blocks; the first is the workspace's.
Done read_worktrees(Git& git, Facts& facts) {
  SD_TRY_ASSIGN(const std::string out, list_worktrees(git));
  const std::string root = git.context().workspace_root();
  std::string path;
  bool first = true;
  for (const std::string& line : pieces_of(out, '\0')) {
    if (line.empty()) first = false;
    if (line.starts_with("worktree ")) path = line.substr(9);
    if (first && line == "bare") facts.bare = true;
    if (line == "branch refs/heads/" + facts.target) {
      if (path == root)
        facts.target_in_workspace = true;
      else
        facts.target_elsewhere = path;
    }
    if (path != root + "/" + facts.place.worktree) continue;
    if (line.starts_with("HEAD ")) facts.head = line.substr(5);
    if (line.starts_with("branch refs/heads/")) facts.worktree_branch = line.substr(18);
  }
  if (facts.head.find_first_not_of('0') == std::string::npos) facts.head.clear();  // its branch is gone
  return Nothing{};
}

// What is checked out, where that is not simply the branch.
Done read_head(Git& git, Facts& facts) {
  if (facts.head.empty() || facts.worktree_branch == facts.place.branch) return Nothing{};
  SD_TRY_ASSIGN(facts.head_follows, git.is_ancestor(facts.branch_tip.value_or(""), facts.head));
  if (!facts.worktree_branch.empty()) return Nothing{};
  SD_TRY_ASSIGN(const std::string holders, git.run({"for-each-ref", "--count=1", "--format=%(refname)", "--contains",
                                                    facts.head, "refs/heads", "refs/tags", "refs/remotes"}));
  if (holders.empty()) facts.stray = facts.head;
  return Nothing{};
}

// A merge that was cut off has written some of the files that it was to change, and nothing else.
Done read_broken_merge(Git& git, Facts& facts) {
  const Record& record = *facts.record;
  if (!facts.target_in_workspace || facts.target_tip != record.target_before) return Nothing{};
  SD_TRY_ASSIGN(const std::string out,
                git.run({"diff", "--name-only", "-z", "--no-renames", record.target_before, record.commit, "--"}));
  const std::vector<std::string> merging = pieces_of(out, '\0');
  SD_TRY_ASSIGN(const Changes changes, changes_in(git, {}, true));
  SD_TRY_ASSIGN(const Changes tracked, changes_in(git, {}, false));
  for (const std::string& path : changes.changed) {
    const bool in_merge = std::ranges::any_of(merging, [&](const std::string& each) {
      return each == path || (path.ends_with('/') && each.starts_with(path));  // a whole folder is new
    });
    if (in_merge)
      facts.unmerged_paths.push_back(path);
    else if (std::ranges::find(tracked.changed, path) != tracked.changed.end())
      facts.other_changes.push_back(path);
  }
  return Nothing{};
}

void read_locks(Facts& facts, const std::string& root) {
  std::vector<std::string> candidates{".git/index.lock", ".git/HEAD.lock",
                                      ".git/refs/heads/" + facts.place.branch + ".lock"};
  if (facts.worktree.known())
    for (const char* lock : {"/index.lock", "/HEAD.lock"}) candidates.push_back(facts.worktree.admin + lock);
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
                      {"index_before", record.index_before},
                      {"gates", record.gates},
                      {"by", record.by},
                      {"receipt", record.receipt}};
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
  out.index_before = text("index_before");
  if (const json::Value* gates = value.find("gates")) out.gates = *gates;
  out.by = text("by");
  out.receipt = text("receipt");
  return std::optional<Record>(std::move(out));
}

Done keep_record(pack::HostContext& context, const std::string& wu_id, const Record& record) {
  const auto put = [&](pack::Store& store) { return store.put("wu/" + wu_id, to_json(record)); };
  if (const Status status = context.transact(put); !status.ok()) return status.error();
  return Nothing{};
}

Done keep_mending(pack::HostContext& context, const std::string& wu_id, const std::string& receipt) {
  const auto put = [&](pack::Store& store) {
    return store.put("mending/" + wu_id, json::Object{{"receipt", receipt}});
  };
  if (const Status status = context.transact(put); !status.ok()) return status.error();
  return Nothing{};
}

Done settle(pack::HostContext& context, const std::string& wu_id, const Settled& settled) {
  const Status status = context.transact([&](pack::Store& store) -> Status {
    LUMENFLOW_TRY(settled.record ? store.put("wu/" + wu_id, to_json(*settled.record)) : store.erase("wu/" + wu_id));
    LUMENFLOW_TRY(store.erase("mending/" + wu_id));
    if (!settled.receipt.empty())
      LUMENFLOW_TRY(store.put("last/" + wu_id, json::Object{{"receipt", settled.receipt}, {"data", settled.data}}));
    for (const auto& [kind, payload] : settled.events)
      LUMENFLOW_TRY(context.emit("software-delivery:" + kind, payload));
    return {};
  });
  if (!status.ok()) return status.error();
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
  facts.worktree = look_at_worktree(root, facts.place.worktree);
  SD_TRY(read_head(git, facts));
  if (facts.worktree.works()) {
    SD_TRY_ASSIGN(Changes changes, changes_in(git, facts.worktree.tree(), true));
    facts.changes = std::move(changes.changed);
    facts.ignored = std::move(changes.ignored);
  }
  const std::string finished =
      facts.record && facts.record->step == "finishing" ? facts.record->commit : facts.branch_tip.value_or("");
  SD_TRY_ASSIGN(facts.merged, git.is_ancestor(finished, facts.target_tip));
  if (facts.record && facts.record->step == "finishing" && !facts.merged) SD_TRY(read_broken_merge(git, facts));
  SD_TRY_ASSIGN(const std::optional<std::string> stamp, folder.read("done/" + wu_id + ".json", 1u << 20));
  facts.stamped = stamp.has_value();
  read_locks(facts, root);
  return facts;
}

}  // namespace lumenflow::software_delivery
