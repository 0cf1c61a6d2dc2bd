// A folder's content, to compare it with what it was.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lumenflow/result.h"
#include "pack/scope.h"

namespace lumenflow::conformance {

// By path relative to the folder: "dir", "link <target>", or "file <bytes> <SHA-256> <content, when it is short>".
using Tree = std::map<std::string, std::string>;

// Symlinks are not followed. IO_ERROR when something cannot be read.
Result<Tree> read_tree(const std::string& folder);

// The paths that were added, removed or changed.
std::vector<std::string> changed_paths(const Tree& before, const Tree& after);
// One line for each: "file data/a.txt: 3 bytes instead of 2".
std::vector<std::string> differences(const Tree& expected, const Tree& found);

// Whether writing this path is within the write scopes; a folder also when what they name lies in it.
bool may_write(const std::string& path, bool folder, const std::vector<pack::Scope>& scopes);

}  // namespace lumenflow::conformance
