// A work unit's worktree as it lies on the disk: its folder, and what git keeps of it in .git/worktrees.
//
// Values. Looking changes nothing and runs no program: what a folder says of itself is not believed, because whatever
// may write there, as a gate may, could have git take another repository for its own.
#pragma once

#include <optional>
#include <string>

#include "software-delivery/git.h"

namespace lumenflow::software_delivery {

struct Worktree {
  std::string path;             // relative to the workspace
  bool there = false;           // something is at its path
  bool folder = false;          // which is a folder
  bool is_link = false;         // which is a symbolic link
  std::string link;             // a folder above it that is a symbolic link, relative to the workspace; empty: none
  bool empty = false;           // with nothing in it
  bool own_repository = false;  // with a repository of its own, where the link to git should be
  std::string admin;            // what git keeps of it, relative to the workspace; empty: git does not know it
  bool linked = false;          // folder and git name each other
  bool unfinished = false;      // git had not finished making it
  bool locked = false;          // by somebody, with `git worktree lock`
  bool indexed = false;         // git has an index of it
  bool patterned = false;       // git keeps patterns of what it leaves out of it (sparse checkout)
  std::string operation;        // that was begun in it and is not finished, as "rebase"; empty: none
  std::string last_commit;      // that was checked out in it, by its reflog; empty: it tells none

  bool known() const { return !admin.empty(); }
  bool works() const { return folder && linked && !unfinished && link.empty(); }
  Tree tree() const { return {path, admin}; }
};

Worktree look_at_worktree(const std::string& workspace_root, const std::string& path);

// A file `.env` in it, which no program sees, git neither. A walk through all of it.
bool holds_hidden_files(const std::string& workspace_root, const std::string& path);

}  // namespace lumenflow::software_delivery
