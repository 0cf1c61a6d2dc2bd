// The command line of bwrap(1) that shows a program its view and nothing else.
#pragma once

#include <string>
#include <vector>

#include "lumenflow/result.h"
#include "sandbox/view.h"

namespace lumenflow::sandbox {

struct BubblewrapOptions {
  std::string program;  // bwrap
  std::string helper;   // lumenflow-confine, as it is named outside
  bool share_network = false;
  std::uint64_t scratch_bytes = 0;  // of /tmp and of /dev/shm, in memory
};

// SANDBOX_UNAVAILABLE when there is more to mask than bwrap takes.
Result<std::vector<std::string>> bubblewrap_command(const View& view, const BubblewrapOptions& options);

// What Landlock lets through inside, besides the grants.
std::vector<PathRule> rules_inside(const View& view, bool share_network);

}  // namespace lumenflow::sandbox
