// Control groups for children, of version 1 or 2, where this process may make some.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lumenflow/result.h"
#include "sandbox/launcher.h"

namespace lumenflow::sandbox {

// Thread safe.
class Groups {
 public:
  // Of the process that `proc_self` describes, below `root` (/sys/fs/cgroup). Nothing when memory and processes cannot
  // both be limited, or processor time not seen; `why` then says so. Removes what an earlier process left behind.
  static std::unique_ptr<Groups> find(const std::string& root, const std::string& proc_self, std::string& why);

  // The folders of a new group with these limits, one for each hierarchy.
  Result<std::vector<std::string>> create(const Limits& limits);
  int version() const { return version_; }
  // For groups that no keeper has removed.
  static void remove(const std::vector<std::string>& folders);

 private:
  Groups(int version, std::vector<std::string> parents) : version_(version), parents_(std::move(parents)) {}
  const int version_;
  const std::vector<std::string> parents_;  // version 1: of memory, pids, cpuacct, and of cpu if that can be written
  std::atomic<std::uint64_t> made_{0};
};

}  // namespace lumenflow::sandbox
