// What in a working tree is not what its commit has.
#pragma once

#include <string>
#include <vector>

#include "software-delivery/folder.h"
#include "software-delivery/git.h"

namespace lumenflow::software_delivery {

// Paths as git has them; a folder that is new as a whole ends with '/'. `.env` files, which no program sees, are left
// out.
struct Changes {
  std::vector<std::string> changed;  // that differ from the commit, or are not known to git
  std::vector<std::string> ignored;  // that git is told to ignore
};

// By git's index, which is quick. `untracked`: with what git does not know, and in a linked worktree what it ignores.
Answer<Changes> changes_in(Git& git, const Tree& tree, bool untracked);

// Tracked files of a linked worktree whose content is not the commit's, whatever its index says of them: that one can
// be told to look away (skip-worktree, assume-unchanged). Reads all of them.
struct Differing {
  std::vector<std::string> altered, missing;
};
Answer<Differing> differing_from_head(Git& git, const Folder& folder, const Tree& tree);

}  // namespace lumenflow::software_delivery
