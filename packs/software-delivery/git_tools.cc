// git:status, git:diff and git:log: of the workspace, or of a WU's worktree.
#include "software-delivery/pieces.h"
#include "software-delivery/plan.h"
#include "software-delivery/tools.h"

namespace lumenflow::software_delivery {
namespace {

constexpr std::size_t kDiffBytesMax = 4u << 20;
constexpr char kField = '\x1f';

struct Where {
  Tree tree;
  std::string base;  // what a WU's work begins after; empty: none
};

Answer<Where> where(Call& call) {
  SD_TRY(call.git.check_repository());
  if (call.text("wu_id").empty()) return Where{};
  SD_TRY_ASSIGN(const Subject subject, subject_of(call));
  SD_TRY_ASSIGN(Tree tree, tree_of(subject.facts));
  return Where{std::move(tree), subject.facts.target_tip};
}

Done append_paths(const json::Value& input, std::vector<std::string>& arguments) {
  arguments.emplace_back("--");
  const json::Value* paths = input.find("paths");
  for (const json::Value& path : paths == nullptr ? json::Array{} : paths->as_array()) {
    if (path.as_string().find('\0') != std::string::npos) return refuse("INVALID_INPUT", "a path holds no NUL");
    arguments.push_back(":(literal)" + path.as_string());
  }
  return Nothing{};
}

// A commit's name is looked up, so that it is never taken for an option.
Answer<std::string> commit_of(Call& call, const std::string& name, const Tree& tree) {
  SD_TRY_ASSIGN(const std::optional<std::string> found,
                call.git.ask({"rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}"}, tree));
  if (!found) return refuse("NOT_FOUND", "there is no commit '" + name + "'");
  return *found;
}

}  // namespace

Data git_status(Call& call) {
  SD_TRY_ASSIGN(const Where at, where(call));
  SD_TRY_ASSIGN(const std::string out, call.git.run({"status", "--porcelain=v1", "-z", "--no-renames",
                                                     "--ignore-submodules=dirty", "--untracked-files=normal"},
                                                    at.tree));
  json::Array entries;
  for (const std::string& entry : pieces_of(out, '\0'))
    if (entry.size() > 3) entries.push_back(json::Object{{"code", entry.substr(0, 2)}, {"path", entry.substr(3)}});
  SD_TRY_ASSIGN(const std::optional<std::string> branch,
                call.git.ask({"symbolic-ref", "--quiet", "--short", "HEAD"}, at.tree));
  SD_TRY_ASSIGN(const std::optional<std::string> commit,
                call.git.ask({"rev-parse", "--verify", "--quiet", "HEAD"}, at.tree));
  json::Object data{{"clean", entries.empty()}, {"entries", std::move(entries)}};
  if (branch) data.set("branch", *branch);
  if (commit) data.set("commit", *commit);
  return json::Value(std::move(data));
}

Data git_diff(Call& call) {
  SD_TRY_ASSIGN(const Where at, where(call));
  std::vector<std::string> arguments{"diff", "--no-ext-diff", "--no-textconv", "--no-color"};
  if (json::boolean_or(call.input, "stat", false)) arguments.emplace_back("--stat");
  std::string from = call.text("from").empty() ? at.base : call.text("from");
  if (!from.empty()) {
    SD_TRY_ASSIGN(from, commit_of(call, from, at.tree));
    // Since the two parted, as a review shows it.
    SD_TRY_ASSIGN(const std::optional<std::string> common, call.git.ask({"merge-base", from, "HEAD"}, at.tree));
    arguments.push_back(common.value_or(from));
  } else {
    SD_TRY_ASSIGN(const std::optional<std::string> head,
                  call.git.ask({"rev-parse", "--verify", "--quiet", "HEAD"}, at.tree));
    if (head) arguments.push_back(*head);  // else what is staged for the first commit
  }
  SD_TRY(append_paths(call.input, arguments));
  SD_TRY_ASSIGN(std::string diff, call.git.run(std::move(arguments), at.tree, kDiffBytesMax));
  return json::Value(json::Object{{"diff", std::move(diff)}});
}

Data git_log(Call& call) {
  SD_TRY_ASSIGN(const Where at, where(call));
  SD_TRY_ASSIGN(const std::optional<std::string> head,
                call.git.ask({"rev-parse", "--verify", "--quiet", "HEAD"}, at.tree));
  json::Array commits;
  if (!head) return json::Value(json::Object{{"commits", std::move(commits)}});
  std::vector<std::string> arguments{"log", "-z", "--no-show-signature", "--format=%H%x1f%an%x1f%aI%x1f%s",
                                     "--max-count=" + std::to_string(json::integer_or(call.input, "limit", 20))};
  if (!at.base.empty() && json::boolean_or(call.input, "own", true)) arguments.push_back(at.base + "..HEAD");
  SD_TRY(append_paths(call.input, arguments));
  SD_TRY_ASSIGN(const std::string out, call.git.run(std::move(arguments), at.tree));
  for (const std::string& line : pieces_of(out, '\0')) {
    std::vector<std::string> fields = pieces_of(line, kField);
    fields.resize(4);  // an empty subject ends nothing
    commits.push_back(
        json::Object{{"commit", fields[0]}, {"author", fields[1]}, {"at", fields[2]}, {"subject", fields[3]}});
  }
  return json::Value(json::Object{{"commits", std::move(commits)}});
}

}  // namespace lumenflow::software_delivery
