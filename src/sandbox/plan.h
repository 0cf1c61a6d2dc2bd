// What the launcher asks of `lumenflow-confine`, as bytes in a file that the helper inherits.
//
// Values. Both sides are built from the same tree; a plan that does not decode is a fault, not an input.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lumenflow::sandbox {

// The helper's inherited files besides the program's three.
constexpr int kPlanFd = 3;      // the plan
constexpr int kControlFd = 4;   // of the keeper: anything read, or its end, means kill; the Report goes out here
constexpr int kStatusFd = 5;    // how the start went: kStarted, or kUnavailable or kNoProgram and the reason
constexpr int kReportFd = 6;    // from the init of a pid namespace to the keeper: a Report
constexpr int kListenerFd = 7;  // where the loopback listener of the sandbox's network is handed to the proxy

// Where the proxy listens, in the network of the sandbox.
constexpr std::uint16_t kProxyPort = 3128;

constexpr char kStarted = 'S', kUnavailable = 'U', kNoProgram = 'X';
constexpr char kKillCommand = 'k';

// A path that the program may use. One that was checked is compared with what stands there in the end.
struct PathRule {
  std::string path;
  bool write = false;
  std::uint64_t device = 0, inode = 0;  // 0: not compared, and may be missing
};

struct Plan {
  std::vector<std::string> bubblewrap;  // its command, up to what it shall run; empty: without namespaces
  std::vector<std::string> command, environment;
  std::string directory;
  std::vector<PathRule> rules;
  bool inet = false;                 // sockets of the Internet families
  bool own_network = false;          // a network namespace holds them
  bool listener = false;             // a loopback listener is handed over kListenerFd, before the program starts
  std::vector<std::string> cgroups;  // the child's groups: joined first, removed in the end
  bool count = false;                // no group holds memory and processes: they are counted
  std::uint64_t memory_bytes = 0, processes = 0, cpu_ms = 0, file_bytes = 0, open_files = 0;
  std::string scratch;  // a folder that is removed in the end
};

enum class LimitHit : std::uint32_t { kNone, kMemory, kProcesses, kCpu };

// How it ended; what wait(2) says of the program.
struct Report {
  std::int32_t status = 0;
  LimitHit limit = LimitHit::kNone;
};

std::string encode(const Plan& plan);
std::optional<Plan> decode(std::string_view bytes);

}  // namespace lumenflow::sandbox
