#include "sandbox/confine/census.h"

#include <dirent.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <unordered_map>

#include "sandbox/confine/system.h"

namespace lumenflow::sandbox {
namespace {

const auto kTicksPerSecond = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));

// The names in a folder that are numbers.
std::vector<pid_t> numbers_in(const char* folder) {
  std::vector<pid_t> out;
  DIR* open = ::opendir(folder);
  if (open == nullptr) return out;
  while (const dirent* entry = ::readdir(open))
    if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9') out.push_back(std::atoi(entry->d_name));
  ::closedir(open);
  return out;
}

// Parents as they are: of one whose parent has ended since it was looked at, the one that it was given instead.
std::unordered_map<pid_t, Process> all_processes() {
  std::unordered_map<pid_t, Process> out;
  for (const pid_t id : numbers_in("/proc"))
    if (const auto process = look_at(id)) out.emplace(id, *process);
  for (auto& [id, process] : out)
    for (pid_t gone = 0; process.parent != gone && !out.contains(process.parent);) {
      gone = process.parent;
      process = look_at(id).value_or(Process{id});
    }
  return out;
}

// Nothing of a thread that has ended.
std::optional<std::uint64_t> memory_in(const std::string& status_file) {
  const std::string status = read_small_file(status_file.c_str());
  const auto own = number_after(status, "RssAnon:"), shared = number_after(status, "RssShmem:");
  if (!own || !shared) return std::nullopt;
  return (*own + *shared) << 10;
}

// A process whose first thread has ended shows its memory in the others alone.
std::uint64_t memory_of_threads(const std::string& folder) {
  std::optional<std::uint64_t> bytes;
  for (const pid_t thread : numbers_in(folder.c_str()))
    if (!bytes) bytes = memory_in(folder + "/" + std::to_string(thread) + "/status");
  return bytes.value_or(0);
}

}  // namespace

std::optional<Process> look_at(pid_t process) {
  const std::string text = read_small_file(("/proc/" + std::to_string(process) + "/stat").c_str(), 1024);
  // proc(5): "pid (name) state ppid …", and the name may hold anything. Times, in clock ticks, are the 14th to the
  // 17th, num_threads is the 20th.
  const std::size_t end = text.rfind(')');
  if (end == std::string::npos) return std::nullopt;
  Process out;
  out.id = process;
  unsigned long user = 0, system = 0, children_user = 0, children_system = 0, threads = 0;
  const char* const format = " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %lu %lu %*d %*d %lu";
  if (std::sscanf(text.c_str() + end + 1, format, &out.state, &out.parent, &user, &system, &children_user,
                  &children_system, &threads) != 7)
    return std::nullopt;
  out.threads = threads;
  out.cpu_ms = (user + system + children_user + children_system) * 1000 / kTicksPerSecond;
  return out;
}

std::vector<Process> descendants_of(pid_t ancestor) {
  std::unordered_multimap<pid_t, Process> children;
  for (const auto& [id, process] : all_processes()) children.emplace(process.parent, process);
  std::vector<Process> out;
  for (std::size_t next = 0; ancestor != 0; ancestor = next < out.size() ? out[next++].id : 0) {
    const auto [from, to] = children.equal_range(ancestor);
    for (auto child = from; child != to; ++child) out.push_back(child->second);
  }
  return out;
}

std::uint64_t memory_of(const std::vector<Process>& processes) {
  std::uint64_t bytes = 0;
  for (const Process& process : processes) {
    const std::string folder = "/proc/" + std::to_string(process.id);
    const std::optional<std::uint64_t> whole = memory_in(folder + "/status");
    bytes += whole ? *whole : memory_of_threads(folder + "/task");
  }
  return bytes;
}

std::uint64_t bytes_in(const char* path) {
  struct statfs info {};
  if (::statfs(path, &info) != 0) return 0;
  return static_cast<std::uint64_t>(info.f_blocks - info.f_bfree) * static_cast<std::uint64_t>(info.f_bsize);
}

}  // namespace lumenflow::sandbox
