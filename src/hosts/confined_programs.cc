#include "hosts/confined_programs.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "hosts/grants.h"
#include "hosts/running_program.h"

namespace lumenflow::hosts {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Ends = std::vector<Result<pack::ProgramEnd>>;

constexpr milliseconds kLookEvery{20};  // where the system cannot say that a program is gone

Error cancelled() { return {ErrorCode::kToolCancelled, "the call has ended, and its programs with it"}; }

// Relative to the workspace, with nothing in it to be resolved; the empty one is the workspace itself.
bool is_plain(std::string_view path) {
  if (path.empty()) return true;
  if (path.find('\0') != std::string_view::npos) return false;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view part = path.substr(at, end - at);
    if (part.empty() || part == "." || part == "..") return false;
    at = end + 1;
  }
  return true;
}

// "src/" of "src/**", "" of "**"; nothing for a file.
std::optional<std::string_view> folder_of(std::string_view pattern) {
  if (pattern == "**") return "";
  if (!pattern.ends_with("/**")) return std::nullopt;
  return pattern.substr(0, pattern.size() - 2);
}

bool holds(std::string_view mount, std::string_view pattern) {
  const auto folder = folder_of(mount);
  return mount == pattern || (folder && pattern.starts_with(*folder));
}

Status check(const pack::ProgramRequest& request) {
  const auto has_nul = [](const std::string& text) { return text.find('\0') != std::string::npos; };
  if (request.command.empty() || request.command[0].empty())
    return Error(ErrorCode::kInvalidInput, "the command must name a program");
  if (std::ranges::any_of(request.command, has_nul) || std::ranges::any_of(request.environment, has_nul))
    return Error(ErrorCode::kInvalidInput, "arguments and variables hold no NUL");
  for (const std::string& variable : request.environment)
    if (const std::size_t name = variable.find('='); name == std::string::npos || name == 0)
      return Error(ErrorCode::kInvalidInput, "'" + variable.substr(0, name) + "' is no variable: write NAME=value");
  if (!is_plain(request.directory))
    return Error(ErrorCode::kInvalidInput, "'" + request.directory + "' is no directory relative to the workspace");
  return {};
}

// Wakes the thread that waits when the run is cancelled, as long as this lives.
class Waking {
 public:
  explicit Waking(pack::HostedRun& run) : run_(run), fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    outer_ = run_.when_cancelled([fd = fd_] {
      const std::uint64_t one = 1;
      (void)!::write(fd, &one, sizeof one);
    });
  }
  ~Waking() {
    run_.when_cancelled(std::move(outer_));  // which is called at once if it missed something
    ::close(fd_);
  }
  Waking(const Waking&) = delete;
  Waking& operator=(const Waking&) = delete;
  int fd() const { return fd_; }

 private:
  pack::HostedRun& run_;
  const int fd_;
  std::function<void()> outer_;
};

// Some programs at the same time, each in its place of the answer.
class Together {
 public:
  Together(const ConfinedProgramsOptions& options, std::size_t count) : options_(options), running_(count) {
    ends_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) ends_.emplace_back(cancelled());
  }

  void start(std::size_t at, sandbox::Launcher& launcher, const sandbox::Confinement& confinement,
             const pack::ProgramRequest& request, pack::HostedRun& run) {
    Result<std::unique_ptr<sandbox::Child>> child = launcher.start(confinement);
    if (!child.ok()) return refuse(at, std::move(child).error());
    run.held_by((*child)->isolation());
    running_[at] = std::make_unique<RunningProgram>(*std::move(child), request, options_.output_bytes_max,
                                                    options_.line_bytes_max);
    ++count_;
    if (request.on_start) request.on_start();
  }
  void refuse(std::size_t at, Error error) { ends_[at] = std::move(error); }
  std::size_t running() const { return count_; }

  // Waits for news; false: the run was cancelled.
  bool wait(int wake_fd, std::optional<steady_clock::time_point> deadline) {
    std::vector<pollfd> watched{{wake_fd, POLLIN, 0}};
    std::vector<std::size_t> whose;
    for (std::size_t i = 0; i < running_.size(); ++i) {
      if (running_[i] == nullptr) continue;
      running_[i]->watch(watched);
      whose.push_back(i);
      if (const auto own = running_[i]->deadline(); own && (!deadline || *own < *deadline)) deadline = own;
      if (watched[watched.size() - RunningProgram::kWatched].fd < 0) {
        const auto soon = steady_clock::now() + kLookEvery;
        if (!deadline || soon < *deadline) deadline = soon;
      }
    }
    int timeout_ms = -1;
    if (deadline) {
      const auto left = std::chrono::ceil<milliseconds>(*deadline - steady_clock::now()).count();
      timeout_ms = static_cast<int>(std::clamp<long long>(left, 0, 3'600'000));
    }
    if (::poll(watched.data(), watched.size(), timeout_ms) < 0) return errno == EINTR;
    if (watched[0].revents != 0) return false;
    const auto now = steady_clock::now();
    for (std::size_t n = 0; n < whose.size(); ++n) {
      auto& program = running_[whose[n]];
      std::optional<pack::ProgramEnd> end = program->take(&watched[1 + n * RunningProgram::kWatched], now);
      if (!end) continue;
      ends_[whose[n]] = *std::move(end);
      program.reset();
      --count_;
    }
    return true;
  }

  Ends finish() {
    running_.clear();  // ends what still runs
    return std::move(ends_);
  }

 private:
  const ConfinedProgramsOptions& options_;
  std::vector<std::unique_ptr<RunningProgram>> running_;  // by their places; null: not now
  std::size_t count_ = 0;
  Ends ends_;
};

}  // namespace

Result<pack::EnforcedScopes> narrowed(const pack::EnforcedScopes& scopes, const std::vector<pack::ProgramPath>& paths) {
  if (paths.empty()) return scopes;
  pack::EnforcedScopes out;
  out.network = scopes.network;
  for (const pack::ProgramPath& path : paths) {
    std::string_view literal = path.pattern;
    if (const auto folder = folder_of(literal)) literal = folder->substr(0, folder->empty() ? 0 : folder->size() - 1);
    if (!is_plain(literal) || path.pattern.empty() || literal.find_first_of("*?[]{}") != std::string_view::npos)
      return Error(ErrorCode::kInvalidInput, "'" + path.pattern + "' is neither a file nor a folder as 'dir/**'");
    const bool held = std::ranges::any_of(scopes.mounts, [&](const pack::MountScope& mount) {
      return (mount.access == pack::Access::kWrite || !path.write) && holds(mount.pattern, path.pattern);
    });
    if (!held || pack::is_kernel_state(literal))
      return Error(ErrorCode::kScopeDenied,
                   "the call may not " + std::string(path.write ? "write " : "read ") + "'" + path.pattern + "'");
    out.mounts.push_back({path.pattern, path.write ? pack::Access::kWrite : pack::Access::kRead});
  }
  return out;
}

Result<sandbox::Confinement> ConfinedPrograms::confinement(const std::string& workspace_root,
                                                           const pack::EnforcedScopes& scopes,
                                                           const pack::ProgramRequest& request) const {
  LUMENFLOW_TRY(check(request));
  LUMENFLOW_TRY_ASSIGN(const pack::EnforcedScopes allowed, narrowed(scopes, request.paths));
  LUMENFLOW_TRY_ASSIGN(Grants grants, grant(workspace_root, allowed, options_.expanded_files_max));
  sandbox::Confinement out;
  out.command = request.command;
  out.environment = request.environment;
  out.directory = workspace_root + (request.directory.empty() ? "" : "/" + request.directory);
  const auto is_in = [&](const sandbox::PathGrant& grant) {
    return out.directory == grant.path || out.directory.starts_with(grant.path + "/");
  };
  if (std::ranges::none_of(grants.paths, is_in) || pack::is_kernel_state(request.directory))
    return Error(ErrorCode::kScopeDenied,
                 "a program cannot start in '" + request.directory + "': the call may not read there");
  for (const std::string& path : options_.read_only_paths) out.paths.push_back({path, false});
  out.paths.insert(out.paths.end(), grants.paths.begin(), grants.paths.end());
  out.hidden = std::move(grants.hidden);
  out.network = std::move(grants.network);
  out.limits = options_.limits;
  return out;
}

Ends ConfinedPrograms::run(const std::string& workspace_root, pack::HostedRun& run,
                           const std::vector<pack::ProgramRequest>& requests, std::size_t at_once) {
  if (requests.size() > options_.programs_max)
    return {requests.size(), Error(ErrorCode::kInvalidInput, "at most " + std::to_string(options_.programs_max) +
                                                                 " programs are asked for together")};
  sandbox::Launcher& launcher = launcher_();
  std::optional<steady_clock::time_point> deadline;
  if (const auto left = run.time_left())
    deadline = steady_clock::now() + std::chrono::duration_cast<steady_clock::duration>(*left);
  const Waking waking(run);
  Together together(options_, requests.size());
  std::size_t next = 0;
  const std::size_t most = std::max<std::size_t>(at_once, 1);
  while (next < requests.size() || together.running() > 0) {
    pollfd woken{waking.fd(), POLLIN, 0};
    if (::poll(&woken, 1, 0) > 0 || (deadline && steady_clock::now() >= *deadline)) break;
    if (next < requests.size() && together.running() < most) {
      const Result<sandbox::Confinement> held = confinement(workspace_root, run.scopes(), requests[next]);
      if (held.ok())
        together.start(next, launcher, *held, requests[next], run);
      else
        together.refuse(next, held.error());
      ++next;
      continue;
    }
    if (!together.wait(waking.fd(), deadline)) break;
  }
  return together.finish();
}

}  // namespace lumenflow::hosts
