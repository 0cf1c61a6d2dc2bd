// Counts the processes and the memory of a sandbox where no control group does.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace lumenflow::sandbox {

struct Usage {
  std::uint64_t tasks = 0;  // processes and their threads
  std::uint64_t memory_bytes = 0;
};

// Of every process that /proc shows but `self`: in a pid namespace, of the whole sandbox.
Usage usage_of_namespace(pid_t self);
// All that descends from `ancestor`, also by way of processes that have ended, if it is a subreaper. Looks through the
// whole machine's processes.
std::vector<pid_t> descendants_of(pid_t ancestor);
Usage usage_of(const std::vector<pid_t>& processes);
// Processes and threads of a user, whoever started them.
std::uint64_t tasks_of_user(uid_t user);
// What is kept in the file system of `path`, such as a tmpfs.
std::uint64_t bytes_in(const char* path);
// Changes whenever a process or thread was started or has ended, without looking at each.
std::string population();

}  // namespace lumenflow::sandbox
