#include "sandbox/testing/hostile_world.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <linux/landlock.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

namespace lumenflow::sandbox::testing {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr uid_t kNobody = 65534;
constexpr int kSkipped = 77;
constexpr std::size_t kOutputMax = 1 << 20;

std::string all_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

std::vector<Setting> all_settings() {
  return {
      {"BubblewrapWithGroups", Tier::kBubblewrap, true, false}, {"BubblewrapCounted", Tier::kBubblewrap, false, false},
      {"BubblewrapAsNobody", Tier::kBubblewrap, true, true},    {"LandlockWithGroups", Tier::kLandlock, true, false},
      {"LandlockCounted", Tier::kLandlock, false, false},       {"LandlockAsNobody", Tier::kLandlock, true, true}};
}

HostileWorld::HostileWorld(const Setting& setting) : setting_(setting) {
  std::string name = fs::temp_directory_path().string() + "/lumenflow-hostile-XXXXXX";
  root_ = ::mkdtemp(name.data());
  mark_ = "# a program of " + fs::path(root_).filename().string();
  write("workspace/src/main.txt", "source");
  write("workspace/src/.env", "SECRET-env");
  write("workspace/.env", "SECRET-env");
  write("workspace/.lumenflow/keys/operator", "SECRET-key");
  write("workspace/notes.txt", "notes");
  write("neighbour/data.txt", "SECRET-neighbour");
  write("person/.ssh/id_ed25519", "SECRET-ssh");
  write("person/.aws/credentials", "SECRET-aws");
  LauncherOptions options;
  options.strongest = options.weakest = setting.tier;
  options.control_groups = setting.control_groups;
  options.helper = LUMENFLOW_CONFINE;
  options.home = root_ + "/person";
  launcher_ = make_launcher(options);
}

HostileWorld::~HostileWorld() {
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

bool machine_has(Tier tier) {
  // What the tier is made of, without the launcher: one that is broken must not pass for a machine that cannot.
  const bool namespaces = std::system(
                              "bwrap --unshare-user --unshare-pid --unshare-net --ro-bind / / --proc /proc "
                              "--dev /dev true >/dev/null 2>&1") == 0;
  if (tier == Tier::kBubblewrap) return namespaces;
  const long landlock = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return landlock > 0 && (::getuid() != 0 || namespaces);  // root leaves itself through a namespace of users
}

std::string HostileWorld::missing() const {
  if (launcher_->tier() != setting_.tier) {
    EXPECT_FALSE(machine_has(setting_.tier)) << "the machine could: " << launcher_->describe();
    return launcher_->describe();
  }
  const bool groups = launcher_->describe().find("cgroup") != std::string::npos;
  if (setting_.control_groups && !setting_.as_nobody && !groups) return launcher_->describe();
  return ::access("/usr/bin/python3", X_OK) == 0 ? "" : "no /usr/bin/python3";
}

void HostileWorld::write(std::string_view below, std::string_view text) const {
  fs::create_directories(fs::path(path(below)).parent_path());
  std::ofstream(path(below), std::ios::binary) << text;
}

std::string HostileWorld::read(std::string_view below) const { return all_of(path(below)); }
bool HostileWorld::exists(std::string_view below) const { return fs::exists(fs::symlink_status(path(below))); }

Confinement HostileWorld::python(const std::string& source) const {
  Confinement confinement;
  confinement.command = {"/usr/bin/python3", "-I", "-c", mark_ + "\n" + source};
  confinement.environment = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "ROOT=" + root_, "WS=" + workspace()};
  confinement.directory = workspace() + "/src";
  confinement.paths = {{workspace(), false}, {workspace() + "/out", true}};
  confinement.hidden = {workspace() + "/.lumenflow"};
  confinement.limits.memory_bytes = 256u << 20;
  confinement.limits.processes = 32;
  confinement.limits.file_bytes = 16u << 20;
  return confinement;
}

std::unique_ptr<Child> HostileWorld::start(const Confinement& confinement) {
  auto child = launcher_->start(confinement);
  if (child.ok()) return *std::move(child);
  ADD_FAILURE() << child.error().to_string();
  return nullptr;
}

Outcome HostileWorld::run(const Confinement& confinement, milliseconds timeout) {
  Outcome outcome;
  const std::unique_ptr<Child> child = start(confinement);
  if (!child) return outcome;
  child->close_stdin();
  outcome.out = read_output(child->stdout_fd(), kOutputMax, timeout);
  outcome.err = read_output(child->stderr_fd(), kOutputMax, timeout);
  auto exit = child->wait(timeout);
  if (!exit.ok()) child->kill();
  if (!exit.ok()) exit = child->wait(milliseconds(0));
  outcome.exit = exit.ok() ? *exit : ChildExit{-1, 0, exit.error().to_string()};
  return outcome;
}

int HostileWorld::running() const {
  int count = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc"))
    if (all_of(entry.path().string() + "/cmdline").find(mark_) != std::string::npos) ++count;
  return count;
}

std::string read_output(int fd, std::size_t bytes_max, milliseconds timeout) {
  const auto deadline = steady_clock::now() + timeout;
  std::string out;
  char chunk[4096];
  while (out.size() < bytes_max) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
    pollfd waiting{fd, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) <= 0) break;
    const ssize_t n = ::read(fd, chunk, sizeof chunk);
    if (n <= 0) break;
    out.append(chunk, static_cast<std::size_t>(n));
  }
  return out;
}

std::optional<bool> in_setting(const Setting& setting, const std::function<void(HostileWorld&)>& body) {
  std::cout.flush();
  const pid_t pid = ::fork();
  if (pid == 0) {
    if (setting.as_nobody && ::getuid() == 0 &&
        (::setgroups(0, nullptr) != 0 || ::setresgid(kNobody, kNobody, kNobody) != 0 ||
         ::setresuid(kNobody, kNobody, kNobody) != 0))
      ::_exit(1);
    int code = kSkipped;
    {
      HostileWorld world(setting);
      std::cout << "[ tier     ] " << setting.name << ": " << world.launcher().describe() << std::endl;
      if (world.missing().empty()) {
        body(world);
        code = 0;
      }
      if (::testing::Test::HasFailure()) code = 1;
    }
    std::cout.flush();
    ::_exit(code);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == kSkipped) return std::nullopt;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace lumenflow::sandbox::testing
