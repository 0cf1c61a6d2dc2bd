// What /proc tells of the processes of a sandbox.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace lumenflow::sandbox {

struct Process {
  pid_t id = 0, parent = 0;
  char state = 0;             // proc(5)'s letter
  std::uint64_t threads = 0;  // itself included
  std::uint64_t cpu_ms = 0;   // with that of the children it has waited for
};

// Nothing once it is gone. Also of a thread, by its number.
std::optional<Process> look_at(pid_t process);
// All that descends from `ancestor`, also by way of processes that have ended, if it reaps orphans. Whoever was there
// all the time is found; parents come before their children. Looks through all processes that /proc shows.
std::vector<Process> descendants_of(pid_t ancestor);
// Of these, in private and shared pages.
std::uint64_t memory_of(const std::vector<Process>& processes);
// What is kept in the file system of `path`, such as a tmpfs.
std::uint64_t bytes_in(const char* path);

}  // namespace lumenflow::sandbox
