// What is done to a work unit's worktree, by claims, releases, merges and repairs. Nothing that is on no branch is
// deleted: a folder that may hold more is set aside, and a commit that no branch has gets one.
//
// Each step may be done again: one that is cut off is found by its traces.
#pragma once

#include <string>
#include <vector>

#include "software-delivery/plan.h"

namespace lumenflow::software_delivery {

// What was kept, and where: lines for people.
using Notes = std::vector<std::string>;

// Has git make one, with all the files of its commit even where the workspace has some alone (sparse checkout): gates
// count for a commit as a whole.
Done add_worktree(Git& git, std::vector<std::string> arguments);
// Removes the worktree where it is clean, else sets its folder aside; and has git forget it. Fine when it is not there.
Done clear_worktree(Git& git, const Folder& folder, const Facts& facts, bool ignored_may_go, Notes& notes);
// Made again where its folder is gone: as git had it last, else from its branch.
Done restore_worktree(Git& git, const Folder& folder, const Facts& facts);
// A folder that git does not know becomes the worktree of the branch; no file in it changes.
Done register_worktree(Git& git, const Folder& folder, const Facts& facts);
Done relink_worktree(Git& git, const Folder& folder, const Worktree& worktree);
Done remake_branch(Git& git, const Facts& facts);
Done take_head(Git& git, const Facts& facts);
Done check_out(Git& git, const Facts& facts, Notes& notes);

// Moves what is at a path of the pack's folder to where nobody deletes it; its new path, relative to the workspace.
Answer<std::string> set_aside(const Folder& folder, const std::string& path, const std::string& name);

}  // namespace lumenflow::software_delivery
