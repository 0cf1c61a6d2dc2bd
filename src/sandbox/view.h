// What a confined program will see of the machine's files: grants that were looked at, and what is masked in them.
//
// Pure values; build_view() reads the file system and makes the missing folders of write grants.
#pragma once

#include <string>
#include <vector>

#include "lumenflow/result.h"
#include "sandbox/launcher.h"
#include "sandbox/plan.h"

namespace lumenflow::sandbox {

struct Mask {
  std::string path;
  bool folder = false;
};

struct View {
  std::vector<PathRule> grants;  // no symlink on their way; sorted by path, so that a folder comes before what is in it
  std::vector<Mask> masks;       // sorted by path; each lies in a grant or is one
};

// INVALID_INPUT for what cannot be granted; IO_ERROR. Read grants of what does not exist are left out. `home` is the
// home of whoever runs the program; its keys are masked.
Result<View> build_view(const Confinement& confinement, const std::string& home);

// Whether `path` is `folder` or below it.
bool is_at_or_below(const std::string& path, const std::string& folder);

// What an interpreter needs of the system, readable for every program: "/usr", parts of /etc. Some may not exist.
const std::vector<std::string>& system_folders();            // with all that is in them, symlinks or not
const std::vector<std::string>& system_files(bool network);  // of /etc; with those that names are resolved by

// For Landlock, which cannot take away: the grants, with each folder that holds something masked replaced by its other
// entries. What is made there later is not reached.
Result<std::vector<PathRule>> without_masks(const View& view);

}  // namespace lumenflow::sandbox
