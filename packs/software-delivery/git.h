// Git, run through the host: confined to what the call may reach, without the machine's or the user's configuration,
// without hooks, pagers, helpers, other hosts and external diffs.
//
// One belongs to one call. What the repository's own .git/config says of filters does count: such a program runs in the
// sandbox of the call and reaches no more.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "software-delivery/answer.h"

namespace lumenflow::software_delivery {

// Where git works. Of a linked worktree git is told what it keeps of it, so that it never asks the folder.
struct Tree {
  std::string directory = {};   // relative to the workspace; empty: the workspace itself
  std::string git_dir = {};     // likewise: .git/worktrees/<name>; empty: what git finds there
  std::string index_file = {};  // likewise; empty: its own
};

class Git {
 public:
  explicit Git(pack::HostContext& context) : context_(context) {}

  // GIT_FAILED with what git said, OUTPUT_TOO_LARGE, TOOL_CANCELLED.
  Answer<std::string> run(std::vector<std::string> arguments, const Tree& tree = {},
                          std::size_t output_bytes_max = 8u << 20);
  // The same where git may say no by its exit code: nothing then.
  Answer<std::optional<std::string>> ask(std::vector<std::string> arguments, const Tree& tree = {});
  // Whether a commit is in the history of another; no, where one of them is empty.
  Answer<bool> is_ancestor(const std::string& commit, const std::string& of);

  // That the workspace is the top of a repository that can be worked with: NO_REPOSITORY, UNSUPPORTED_REPOSITORY.
  Done check_repository() const;
  pack::HostContext& context() { return context_; }

 private:
  Result<pack::ProgramEnd> start(std::vector<std::string> arguments, const Tree& tree, std::size_t output_bytes_max);
  pack::HostContext& context_;
};

// What a program gets that may use git in turn, which looks for a repository no further up than below `ceiling`.
std::vector<std::string> git_environment(const std::string& ceiling);

}  // namespace lumenflow::software_delivery
