#include "software-delivery/changes.h"

#include <string_view>

#include "software-delivery/pieces.h"

namespace lumenflow::software_delivery {
namespace {

// Committed or not, git sees neither in its sandbox.
bool is_hidden(std::string_view path, const Tree& tree) {
  return path.substr(path.rfind('/') + 1) == ".env" || (tree.directory.empty() && path.starts_with(".lumenflow/"));
}

// Of each entry that ends with NUL: two letters, a space and a path.
template <class Take>
void each_entry(const std::string& out, Take take) {
  for (const std::string& entry : pieces_of(out, '\0'))
    if (entry.size() > 3) take(std::string_view(entry).substr(0, 2), entry.substr(3));
}

}  // namespace

Answer<Changes> changes_in(Git& git, const Tree& tree, bool untracked) {
  std::vector<std::string> arguments{"status",
                                     "--porcelain=v1",
                                     "-z",
                                     "--no-renames",
                                     "--ignore-submodules=dirty",
                                     untracked ? "--untracked-files=normal" : "--untracked-files=no"};
  if (untracked && !tree.git_dir.empty()) arguments.emplace_back("--ignored=traditional");
  SD_TRY_ASSIGN(const std::string out, git.run(std::move(arguments), tree));
  Changes changes;
  each_entry(out, [&](std::string_view code, std::string path) {
    const bool own = tree.directory.empty() && code == "??" && path.starts_with(std::string(kFolder));
    if (is_hidden(path, tree) || own) return;
    (code == "!!" ? changes.ignored : changes.changed).push_back(std::move(path));
  });
  return changes;
}

Answer<Differing> differing_from_head(Git& git, const Folder& folder, const Tree& tree) {
  const std::string scratch = "worktrees/index-" + tree.directory.substr(tree.directory.rfind('/') + 1);
  Tree fresh = tree;  // an index that nobody has told anything
  fresh.index_file = std::string(kFolder) + "/" + scratch;
  SD_TRY(folder.erase(scratch + ".lock"));  // of a process that died
  SD_TRY(folder.erase(scratch));
  Answer<std::string> out = git.run({"read-tree", "HEAD"}, fresh);
  if (out.ok())
    out = git.run(
        {"status", "--porcelain=v1", "-z", "--no-renames", "--ignore-submodules=dirty", "--untracked-files=no"}, fresh);
  SD_TRY(folder.erase(scratch));
  if (!out.ok()) return out.refusal();
  Differing differing;
  each_entry(*out, [&](std::string_view code, std::string path) {
    if (!is_hidden(path, tree)) (code[1] == 'D' ? differing.missing : differing.altered).push_back(std::move(path));
  });
  return differing;
}

}  // namespace lumenflow::software_delivery
