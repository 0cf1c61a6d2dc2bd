// Starts a program shut off from the machine: it sees the paths it was granted and nothing else, has no network but
// what it was granted, and cannot outgrow its limits or outlive its owner.
//
// Launchers are thread safe and outlive what they started; one Child is used by one thread at a time, except kill().
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lumenflow/result.h"

namespace lumenflow::sandbox {

// What holds a child, from the strongest down.
enum class Tier : std::uint8_t {
  kBubblewrap,  // namespaces and mounts by bubblewrap; Landlock and seccomp besides, where the kernel has them
  kLandlock,    // no namespaces: Landlock for paths and connections, seccomp, resource limits
  kNone,        // nothing to build a sandbox from: programs are not started
};

struct PathGrant {
  std::string path;  // absolute and literal, no symlink on its way: a file, or a folder with all below it
  bool write = false;
};

struct NetworkGrant {
  enum class Posture : std::uint8_t { kOff, kAllowlist, kFull } posture = Posture::kOff;
  // kAllowlist: host, host:port or CIDR. Reached through a filtering proxy that HTTP_PROXY and HTTPS_PROXY name.
  std::vector<std::string> allowlist;
};

struct Limits {
  std::uint64_t memory_bytes = 512u << 20;  // of all its processes together
  std::uint32_t processes = 64;             // threads count
  std::chrono::milliseconds cpu_time{0};    // of all its processes together, those that have ended included; 0: none
  std::uint64_t file_bytes = 1u << 30;      // of one file it writes
  std::uint32_t open_files = 256;           // of one process
};

struct Confinement {
  std::vector<std::string> command;      // the program and its arguments; never a shell
  std::vector<std::string> environment;  // "NAME=value"; nothing is inherited
  std::string directory;                 // where it starts: absolute, inside a granted path
  std::vector<PathGrant> paths;          // folders of a write grant that do not exist are made first
  // Never visible nor writable, whatever is granted above them: absolute paths, such as <workspace>/.lumenflow. Files
  // named .env, and the keys and sockets of whoever runs the program, are hidden without being asked for. What is
  // granted below a hidden folder can be read, never written.
  std::vector<std::string> hidden;
  NetworkGrant network;
  Limits limits;
};

struct ChildExit {
  int code = 0;       // of exit(), or 128 + signal
  int signal = 0;     // 0 when it exited by itself
  std::string limit;  // which limit ended it: "memory", "processes", "cpu"; empty: none did
};

// A running child with all it started. The destructor kills and reaps all of it.
class Child {
 public:
  virtual ~Child() = default;
  virtual int pid() const = 0;
  // Owned by the child; -1 once closed. Pipes: stdin is written, the others are read; all are close-on-exec and
  // non-blocking.
  virtual int stdin_fd() const = 0;
  virtual int stdout_fd() const = 0;
  virtual int stderr_fd() const = 0;
  virtual void close_stdin() = 0;
  // Ends the child and everything it started, also what left its process group or session. From any thread; returns
  // once nothing of it runs, within 250 ms.
  virtual void kill() = 0;
  // REQUEST_TIMEOUT when it still runs.
  virtual Result<ChildExit> wait(std::chrono::milliseconds timeout) = 0;
  // What holds this child, for receipts: e.g. "bubblewrap+landlock+seccomp; limits: cgroup".
  virtual const std::string& isolation() const = 0;
};

class Launcher {
 public:
  virtual ~Launcher() = default;
  virtual Tier tier() const = 0;
  // What start() would hold a child with, and why nothing stronger: one line for `doctor`.
  virtual std::string describe() const = 0;
  // SANDBOX_UNAVAILABLE where it cannot be built as asked, INVALID_INPUT for what cannot be granted and for a program
  // that is not there. Grants to read what does not exist are left out.
  virtual Result<std::unique_ptr<Child>> start(const Confinement& confinement) = 0;
};

struct LauncherOptions {
  // The weakest tier that will do: kBubblewrap for `sandbox: required`, kLandlock for `best-effort`.
  Tier weakest = Tier::kBubblewrap;
  // For tests and for doctor: nothing stronger than this is tried.
  Tier strongest = Tier::kBubblewrap;
  bool control_groups = true;  // for tests: false counts, as where none can be written
  std::string helper = {};     // lumenflow-confine; empty: beside this program
  std::string home = {};       // whose keys are hidden; empty: that of the user who runs this
};

// Finds out once what the machine offers.
std::unique_ptr<Launcher> make_launcher(const LauncherOptions& options);

}  // namespace lumenflow::sandbox
