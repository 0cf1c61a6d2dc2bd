// Files below the workspace's root, reached step by step and never through a symbolic link. Any thread.
//
// An agent's tools may write in the workspace: what they leave there must not lead the pack elsewhere.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lumenflow/result.h"

namespace lumenflow::agent_runtime {

// `path` is relative, its parts neither "." nor "..", and not below `.lumenflow`. INVALID_INPUT for another, NOT_FOUND,
// INVALID_CONFIGURATION for what is no plain file or larger than `bytes_max`, IO_ERROR.
Result<std::string> read_workspace_file(const std::string& root, std::string_view path, std::size_t bytes_max);

// As a whole or not at all, durably; missing folders are made. Readable by the owner alone. The same errors.
Status write_workspace_file(const std::string& root, std::string_view path, std::string_view content);

// Absent is fine. The same errors.
Status remove_workspace_file(const std::string& root, std::string_view path);

}  // namespace lumenflow::agent_runtime
