// What this machine offers to build a sandbox from, and the launcher that uses it.
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

#include "sandbox/bubblewrap.h"
#include "sandbox/cgroup.h"
#include "sandbox/confine/landlock.h"
#include "sandbox/launcher.h"
#include "sandbox/proxy.h"
#include "sandbox/start.h"
#include "sandbox/view.h"

namespace lumenflow::sandbox {
namespace {

constexpr const char* kHelperName = "lumenflow-confine";
constexpr std::chrono::milliseconds kTrialMax{10'000};

std::string beside_program() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::string() : (self.parent_path() / kHelperName).string();
}

std::string find_bubblewrap() {
  for (const char* path : {"/usr/bin/bwrap", "/bin/bwrap", "/usr/local/bin/bwrap"})
    if (::access(path, X_OK) == 0) return path;
  return {};
}

std::string home_of_user() {
  passwd entry{}, *found = nullptr;
  std::vector<char> buffer(16 * 1024);
  ::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr || found->pw_dir == nullptr) return "/root";
  return found->pw_dir;
}

class MachineLauncher final : public Launcher {
 public:
  explicit MachineLauncher(const LauncherOptions& options)
      : helper_(options.helper.empty() ? beside_program() : options.helper),
        home_(options.home.empty() ? home_of_user() : options.home),
        bubblewrap_(find_bubblewrap()),
        landlock_(landlock_version()) {
    if (options.control_groups)
      groups_ = Groups::find("/sys/fs/cgroup", "/proc/self", groups_missing_);
    else
      groups_missing_ = "control groups are not to be used";
    for (const Tier tier : {Tier::kBubblewrap, Tier::kLandlock}) {
      if (tier < options.strongest || tier > options.weakest) continue;
      if (const Status tried = try_tier(tier); tried.ok()) {
        tier_ = tier;
        break;
      } else {
        reasons_ += (reasons_.empty() ? "" : "; ") +
                    std::string(tier == Tier::kBubblewrap ? "bubblewrap: " : "Landlock: ") + tried.error().message();
      }
    }
  }

  Tier tier() const override { return tier_; }

  std::string describe() const override {
    if (tier_ == Tier::kNone) return "none (" + reasons_ + ")";
    std::string out = isolation(tier_);
    if (!reasons_.empty()) out += " (" + reasons_ + ")";
    if (!groups_) out += " (" + groups_missing_ + ")";
    return out;
  }

  Result<std::unique_ptr<Child>> start(const Confinement& confinement) override {
    if (tier_ == Tier::kNone)
      return Error(ErrorCode::kSandboxUnavailable, reasons_.empty() ? "no tier is allowed" : reasons_);
    return start_in(tier_, confinement);
  }

 private:
  std::string isolation(Tier tier) const {
    std::string out = tier == Tier::kBubblewrap ? "bubblewrap" : "";
    if (landlock_ > 0) out += (out.empty() ? "landlock" : "+landlock");
    out += "+seccomp; limits: ";
    return out + (groups_ ? "cgroup" : "counted");
  }

  // By running a program that does nothing.
  Status try_tier(Tier tier) {
    if (helper_.empty() || ::access(helper_.c_str(), X_OK) != 0)
      return Error(ErrorCode::kSandboxUnavailable, std::string(kHelperName) + " is missing beside the program");
    Confinement nothing;
    nothing.command = {helper_, "nothing"};
    nothing.paths = {{helper_, false}};
    nothing.directory = "/";
    LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Child> child, start_in(tier, nothing));
    LUMENFLOW_TRY_ASSIGN(const ChildExit exit, child->wait(kTrialMax));
    if (exit.code == 0) return {};
    return Error(ErrorCode::kSandboxUnavailable, "a program that does nothing ended with " + std::to_string(exit.code));
  }

  Result<std::unique_ptr<Child>> start_in(Tier tier, const Confinement& asked) {
    if (asked.command.empty()) return Error(ErrorCode::kInvalidInput, "no command to start");
    if (tier == Tier::kBubblewrap && bubblewrap_.empty())
      return Error(ErrorCode::kSandboxUnavailable, "bwrap is not installed");
    if (tier == Tier::kLandlock && landlock_ == 0)
      return Error(ErrorCode::kSandboxUnavailable, "the kernel has no Landlock");
    const bool proxied = asked.network.posture == NetworkGrant::Posture::kAllowlist;
    if (proxied && tier != Tier::kBubblewrap)
      return Error(ErrorCode::kSandboxUnavailable, "a network allowlist needs a network of its own: bubblewrap");
    std::unique_ptr<Attendant> proxy;
    if (proxied) {
      LUMENFLOW_TRY_ASSIGN(proxy, make_proxy(asked.network.allowlist));
    }
    LUMENFLOW_TRY_ASSIGN(const View view, build_view(asked, home_));
    Plan plan;
    plan.command = asked.command;
    plan.environment = asked.environment;
    plan.directory = asked.directory;
    plan.count = !groups_;
    plan.memory_bytes = asked.limits.memory_bytes;
    plan.processes = asked.limits.processes;
    plan.cpu_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(asked.limits.cpu_time.count(), 0));
    plan.file_bytes = asked.limits.file_bytes;
    plan.open_files = asked.limits.open_files;
    const bool full_network = asked.network.posture == NetworkGrant::Posture::kFull;
    if (tier == Tier::kBubblewrap)
      LUMENFLOW_TRY(plan_namespaces(view, full_network, plan));
    else
      LUMENFLOW_TRY(plan_landlock(view, full_network, plan));
    if (groups_) {
      LUMENFLOW_TRY_ASSIGN(plan.cgroups, groups_->create(asked.limits));
    }
    if (proxied) plan_proxy(plan);
    auto child = start_keeper(plan, helper_, isolation(tier), std::move(proxy));
    if (!child.ok()) {  // the keeper removes them otherwise, if it came to be
      Groups::remove(plan.cgroups);
      std::error_code ignored;
      if (!plan.scratch.empty()) std::filesystem::remove(plan.scratch, ignored);
    }
    return child;
  }

  static void plan_proxy(Plan& plan) {
    const std::string address = "http://127.0.0.1:" + std::to_string(kProxyPort);
    plan.listener = true;
    for (const char* name : {"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "NO_PROXY", "no_proxy"}) {
      const std::string variable = std::string(name) + "=";
      std::erase_if(plan.environment, [&](const std::string& given) { return given.starts_with(variable); });
      if (!variable.starts_with("N") && !variable.starts_with("n")) plan.environment.push_back(variable + address);
    }
  }

  Status plan_namespaces(const View& view, bool full_network, Plan& plan) const {
    BubblewrapOptions options{bubblewrap_, helper_, full_network, plan.memory_bytes / 2};
    LUMENFLOW_TRY_ASSIGN(plan.bubblewrap, bubblewrap_command(view, options));
    plan.rules = rules_inside(view, full_network);
    plan.inet = true;  // its own network has a loopback of its own
    plan.own_network = !full_network;
    return {};
  }

  static Status plan_landlock(const View& view, bool full_network, Plan& plan) {
    LUMENFLOW_TRY_ASSIGN(plan.rules, without_masks(view));
    for (const std::string& folder : system_folders()) plan.rules.push_back({folder});
    for (const std::string& file : system_files(full_network)) plan.rules.push_back({file});
    for (const char* device : {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"})
      plan.rules.push_back({device, true});
    plan.rules.push_back({"/proc/self"});
    std::string scratch = std::filesystem::temp_directory_path().string() + "/lumenflow-XXXXXX";
    if (::mkdtemp(scratch.data()) == nullptr)
      return Error(ErrorCode::kSandboxUnavailable, std::string("a folder for scratch: ") + std::strerror(errno));
    plan.scratch = scratch;
    plan.rules.push_back({plan.scratch, true});
    const auto names_scratch = [](const std::string& variable) { return variable.starts_with("TMPDIR="); };
    std::erase_if(plan.environment, names_scratch);
    plan.environment.push_back("TMPDIR=" + plan.scratch);
    plan.inet = full_network;
    return {};
  }

  const std::string helper_, home_, bubblewrap_;
  const int landlock_;
  std::string groups_missing_, reasons_;
  std::unique_ptr<Groups> groups_;
  Tier tier_ = Tier::kNone;
};

}  // namespace

std::unique_ptr<Launcher> make_launcher(const LauncherOptions& options) {
  return std::make_unique<MachineLauncher>(options);
}

}  // namespace lumenflow::sandbox
