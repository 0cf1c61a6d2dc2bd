// What git's files say of a repository without git: for a workspace that is being opened, where no program runs yet.
//
// Reads alone; whatever is not as git usually has it is not known.
#pragma once

#include <optional>
#include <string>

namespace lumenflow::software_delivery {

// What git wrote last into an index, lower-case hex: another one has another. Nothing: there is none.
std::optional<std::string> index_digest(const std::string& workspace_root);
// The commit that a branch is at; nothing: these files do not say.
std::optional<std::string> tip_by_files(const std::string& workspace_root, const std::string& branch);
// A lock of the index, of HEAD, or of the branch.
bool has_locks(const std::string& workspace_root, const std::string& branch);

}  // namespace lumenflow::software_delivery
