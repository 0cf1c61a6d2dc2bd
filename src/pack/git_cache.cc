#include "pack/git_cache.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "base/files.h"
#include "base/sha256.h"

namespace lumenflow::pack {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kFetchTime{120}, kLocalTime{60};
constexpr std::size_t kSaidBytesMax = 2'000;
// Of the caller's environment: how the network and an agent that needs no question are reached.
constexpr const char* kPassedOn[] = {"PATH",          "HOME",         "SSH_AUTH_SOCK", "http_proxy",
                                     "https_proxy",   "HTTPS_PROXY",  "no_proxy",      "NO_PROXY",
                                     "SSL_CERT_FILE", "SSL_CERT_DIR", "LANG",          "GIT_SSL_CAINFO"};
constexpr const char* kOurOwn[] = {"GIT_CONFIG_NOSYSTEM=1",    "GIT_CONFIG_GLOBAL=/dev/null",
                                   "GIT_TERMINAL_PROMPT=0",    "GIT_ASKPASS=/bin/false",
                                   "SSH_ASKPASS=/bin/false",   "GIT_ALLOW_PROTOCOL=https:ssh:file",
                                   "GIT_PROTOCOL_FROM_USER=0", "GIT_SSH_COMMAND=ssh -oBatchMode=yes",
                                   "GIT_NO_LAZY_FETCH=1",      "LC_ALL=C"};
constexpr const char* kSettings[] = {"core.hooksPath=/dev/null",  "core.fsmonitor=false",
                                     "credential.helper=",        "submodule.recurse=false",
                                     "transfer.fsckObjects=true", "gc.auto=0",
                                     "core.symlinks=true",        "core.autocrlf=false",
                                     "core.sparseCheckout=false"};
// Whatever a repository says of its files: they are written as they were committed.
constexpr const char* kAttributes = "* -text -eol -ident -filter -working-tree-encoding\n";

Status check_url(const std::string& url) {
  static constexpr std::string_view kSchemes[] = {"https://", "ssh://", "file://"};
  const bool known = std::ranges::any_of(kSchemes, [&](std::string_view scheme) { return url.starts_with(scheme); });
  const bool odd = std::ranges::any_of(url, [](char c) { return c <= ' ' || c == 0x7f; });
  if (!known || odd)
    return Error(ErrorCode::kInvalidInput, "the url must begin with https://, ssh:// or file://, and hold no blanks");
  const std::string_view rest = std::string_view(url).substr(url.find("://") + 3);
  const std::string_view host = rest.substr(0, rest.find('/'));
  if (const std::size_t at = host.rfind('@'); at != std::string_view::npos && host.find(':') < at)
    return Error(ErrorCode::kInvalidInput, "a url in lumenflow.yaml holds no password");
  if (host.starts_with('-')) return Error(ErrorCode::kInvalidInput, "the url names no host");
  return {};
}

}  // namespace

bool is_full_commit(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Status GitCache::git(const std::vector<std::string>& arguments, const std::vector<std::string>& variables,
                     std::chrono::milliseconds timeout) {
  ProcessOptions options;
  options.command = {"git"};
  for (const char* setting : kSettings) options.command.insert(options.command.end(), {"-c", setting});
  options.command.insert(options.command.end(), arguments.begin(), arguments.end());
  options.environment.assign(std::begin(kOurOwn), std::end(kOurOwn));
  for (const char* name : kPassedOn)
    if (const char* value = std::getenv(name)) options.environment.push_back(std::string(name) + "=" + value);
  options.environment.insert(options.environment.end(), variables.begin(), variables.end());
  options.errors_with_output = true;
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Process> process, processes_.start(options));
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  const auto left = [&] {
    return std::max(std::chrono::milliseconds(0),
                    std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()));
  };
  std::string said;
  for (;;) {
    LUMENFLOW_TRY_ASSIGN(const std::optional<std::string> line, process->read_line(left()));
    if (!line) break;
    if (said.size() < kSaidBytesMax) said += (said.empty() ? "" : "; ") + *line;
  }
  LUMENFLOW_TRY_ASSIGN(const ProcessExit exit, process->wait(left()));
  if (exit.code == 0) return {};
  return Error(ErrorCode::kUnreachable,
               "git " + arguments.front() + " failed: " + (said.empty() ? "exit " + std::to_string(exit.code) : said));
}

bool GitCache::has(const std::string& repository, const std::string& commit) {
  return git({"--git-dir", repository, "cat-file", "-e", commit + "^{tree}"}, {}, kLocalTime).ok();
}

Status GitCache::fetch(const std::string& repository, const std::string& url, const std::string& commit) {
  std::error_code error;
  if (!fs::exists(repository, error)) {
    fs::create_directories(folder_, error);
    if (error) return Error(ErrorCode::kIo, folder_ + ": " + error.message());
    const std::string format = commit.size() == 64 ? "sha256" : "sha1";
    LUMENFLOW_TRY(
        git({"init", "--quiet", "--bare", "--template=", "--object-format=" + format, repository}, {}, kLocalTime));
    fs::create_directories(join_path(repository, "info"), error);
    if (std::ofstream attributes(join_path(repository, "info/attributes")); !(attributes << kAttributes << std::flush))
      return Error(ErrorCode::kIo, repository + " cannot be written");
  }
  const std::vector<std::string> common = {"--git-dir",
                                           repository,
                                           "fetch",
                                           "--quiet",
                                           "--no-tags",
                                           "--no-recurse-submodules",
                                           "--no-write-fetch-head",
                                           "--no-auto-maintenance"};
  std::vector<std::string> one = common;
  one.insert(one.end(), {"--depth=1", "--", url, commit});
  const Status fetched = git(one, {}, kFetchTime);
  if (fetched.ok() || has(repository, commit)) return {};
  if (fetched.error().code() == ErrorCode::kRequestTimeout) return fetched;
  // A server may refuse to be asked for a commit that no branch or tag points to.
  std::vector<std::string> all = common;
  all.insert(all.end(), {"--", url, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"});
  LUMENFLOW_TRY(git(all, {}, kFetchTime));
  return {};
}

Status GitCache::check_out(const std::string& url, const std::string& commit, const std::string& target, bool offline) {
  LUMENFLOW_TRY(check_url(url));
  if (!is_full_commit(commit))
    return Error(ErrorCode::kInvalidInput, "a commit is pinned by its full name, 40 or 64 lower-case digits");
  const std::string repository = join_path(folder_, sha256_hex(url).substr(0, 32) + ".git");
  std::error_code error;
  if (!fs::exists(repository, error) || !has(repository, commit)) {
    if (offline) return Error(ErrorCode::kNotFound, "the commit has not been fetched yet; a start or a reload does");
    LUMENFLOW_TRY(fetch(repository, url, commit));
    if (!has(repository, commit))
      return Error(ErrorCode::kNotFound, "the repository " + url + " has no commit " + commit);
  }
  fs::create_directories(target, error);
  if (error) return Error(ErrorCode::kIo, target + ": " + error.message());
  const std::string index = target + ".index";
  const std::vector<std::string> own_index = {"GIT_INDEX_FILE=" + index};
  Status status = git({"--git-dir", repository, "read-tree", commit}, own_index, kLocalTime);
  if (status.ok())
    status = git({"--git-dir", repository, "--work-tree", target, "checkout-index", "--all", "--force"}, own_index,
                 kLocalTime);
  fs::remove(index, error);
  return status;
}

}  // namespace lumenflow::pack
