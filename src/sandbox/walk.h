// Looks through granted folders without ever following a symlink.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lumenflow/result.h"

namespace lumenflow::sandbox {

struct FolderEntry {
  std::string name;
  bool symlink = false;
  std::uint64_t device = 0, inode = 0;
};
Result<std::vector<FolderEntry>> list_folder(const std::string& path);

// Appends the path of every `.env` below `path` that is no folder, and `path` itself if it is one. Does not look into
// `skip`, nor where it may not. Takes what it has looked at from `entries_left`; false when that is used up.
bool find_secret_files(const std::string& path, const std::vector<std::string>& skip, std::size_t& entries_left,
                       std::vector<std::string>& found);

}  // namespace lumenflow::sandbox
