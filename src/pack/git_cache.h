// Packs from git repositories, each at one commit, by the machine's git command.
//
// What was fetched is kept, so that a commit is fetched once and is there without a network. git gets its arguments as
// a list, no configuration, hooks, filters, submodules or helpers of anybody's, the protocols https, ssh and file
// alone, and never a chance to ask for a password. Used by one thread at a time.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/process.h"
#include "lumenflow/result.h"

namespace lumenflow::pack {

// The full name of a commit: 40 or 64 lower-case hexadecimal digits.
bool is_full_commit(std::string_view text);

class GitCache {
 public:
  // `folder` is made when something is fetched.
  GitCache(Processes& processes, std::string folder) : processes_(processes), folder_(std::move(folder)) {}

  // Writes the files of the commit, byte for byte, into `target`, which must not exist. NOT_FOUND when the repository
  // has no such commit, or it is not here and `offline`; INVALID_INPUT for a url or commit that is none; UNREACHABLE
  // with what git said; REQUEST_TIMEOUT.
  Status check_out(const std::string& url, const std::string& commit, const std::string& target, bool offline);

 private:
  Status fetch(const std::string& repository, const std::string& url, const std::string& commit);
  Status git(const std::vector<std::string>& arguments, const std::vector<std::string>& variables,
             std::chrono::milliseconds timeout);
  bool has(const std::string& repository, const std::string& commit);

  Processes& processes_;
  const std::string folder_;
};

}  // namespace lumenflow::pack
