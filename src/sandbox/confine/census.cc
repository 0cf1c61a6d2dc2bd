#include "sandbox/confine/census.h"

#include <dirent.h>
#include <sys/statfs.h>

#include <cstdlib>
#include <string>
#include <unordered_map>

#include "sandbox/confine/system.h"

namespace lumenflow::sandbox {
namespace {

std::vector<pid_t> all_processes() {
  std::vector<pid_t> out;
  DIR* proc = ::opendir("/proc");
  if (proc == nullptr) return out;
  while (const dirent* entry = ::readdir(proc))
    if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9') out.push_back(std::atoi(entry->d_name));
  ::closedir(proc);
  return out;
}

// proc(5): "pid (name) state ppid …", and the name may hold anything.
pid_t parent_of(pid_t process) {
  const std::string text = read_small_file(("/proc/" + std::to_string(process) + "/stat").c_str(), 1024);
  const std::size_t end = text.rfind(')');
  return end == std::string::npos || end + 4 > text.size() ? 0 : std::atoi(text.c_str() + end + 4);
}

}  // namespace

std::vector<pid_t> descendants_of(pid_t ancestor) {
  std::unordered_multimap<pid_t, pid_t> children;
  for (const pid_t process : all_processes()) children.emplace(parent_of(process), process);
  std::vector<pid_t> out, open{ancestor};
  while (!open.empty()) {
    const auto [from, to] = children.equal_range(open.back());
    open.pop_back();
    for (auto child = from; child != to; ++child) {
      out.push_back(child->second);
      open.push_back(child->second);
    }
  }
  return out;
}

Usage usage_of(const std::vector<pid_t>& processes) {
  Usage usage;
  for (const pid_t process : processes) {
    const std::string status = read_small_file(("/proc/" + std::to_string(process) + "/status").c_str());
    usage.tasks += number_after(status, "Threads:").value_or(0);
    usage.memory_bytes += (number_after(status, "RssAnon:").value_or(0) + number_after(status, "RssShmem:").value_or(0))
                          << 10;
  }
  return usage;
}

Usage usage_of_namespace(pid_t self) {
  std::vector<pid_t> processes = all_processes();
  std::erase(processes, self);
  return usage_of(processes);
}

std::uint64_t tasks_of_user(uid_t user) {
  std::uint64_t tasks = 0;
  for (const pid_t process : all_processes()) {
    const std::string status = read_small_file(("/proc/" + std::to_string(process) + "/status").c_str());
    if (number_after(status, "Uid:") == user) tasks += number_after(status, "Threads:").value_or(0);
  }
  return tasks;
}

std::uint64_t bytes_in(const char* path) {
  struct statfs info {};
  if (::statfs(path, &info) != 0) return 0;
  return static_cast<std::uint64_t>(info.f_blocks - info.f_bfree) * static_cast<std::uint64_t>(info.f_bsize);
}

std::string population() { return read_small_file("/proc/loadavg", 128); }

}  // namespace lumenflow::sandbox
