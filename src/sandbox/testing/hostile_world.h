// A machine in small for hostile programs: a workspace with secrets, a neighbour, a home; and a launcher of one
// setting.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/launcher.h"

namespace lumenflow::sandbox::testing {

// One way to hold a program: which tier, by whom it is started, and who enforces the limits.
struct Setting {
  std::string name;
  Tier tier = Tier::kBubblewrap;
  bool control_groups = true;
  bool as_nobody = false;  // the launcher's own process has no privileges
};
inline void PrintTo(const Setting& setting, std::ostream* out) { *out << setting.name; }
std::vector<Setting> all_settings();
// Whether this machine lets this user build the tier, found out without the launcher.
bool machine_has(Tier tier);

struct Outcome {
  ChildExit exit;
  std::string out, err;
};

class HostileWorld {
 public:
  explicit HostileWorld(const Setting& setting);
  ~HostileWorld();

  // Empty: this machine can run the setting. Else why it cannot; a test failure where it could and the launcher does
  // not.
  std::string missing() const;
  Launcher& launcher() { return *launcher_; }
  const std::string& root() const { return root_; }
  std::string workspace() const { return root_ + "/workspace"; }
  std::string path(std::string_view below) const { return root_ + "/" + std::string(below); }
  void write(std::string_view below, std::string_view text) const;
  std::string read(std::string_view below) const;
  bool exists(std::string_view below) const;

  // A Python program that may write <workspace>/out and read the rest of the workspace, and nothing else.
  Confinement python(const std::string& source) const;
  std::unique_ptr<Child> start(const Confinement& confinement);
  // Runs it to its end, or kills it after `timeout`.
  Outcome run(const Confinement& confinement, std::chrono::milliseconds timeout = std::chrono::seconds(20));
  Outcome run(const std::string& source) { return run(python(source)); }
  // How many of the machine's processes run a program of this world's.
  int running() const;

 private:
  std::string root_;
  std::string mark_;  // stands in the command line of its programs, and of no others
  std::unique_ptr<Launcher> launcher_;
  Setting setting_;
};

// Reads until the end of the file, `bytes_max` or the deadline.
std::string read_output(int fd, std::size_t bytes_max, std::chrono::milliseconds timeout);

// Runs `body` as the setting says, in a process of its own, and prints which tier held it. Whether all its
// expectations held; nothing when the machine cannot run the setting.
std::optional<bool> in_setting(const Setting& setting, const std::function<void(HostileWorld&)>& body);

}  // namespace lumenflow::sandbox::testing
