#include "software-delivery/git.h"

#include <sys/stat.h>

#include <iterator>

namespace lumenflow::software_delivery {
namespace {

constexpr std::size_t kSaidBytesMax = 2'000;  // of git's complaint

// `-c` outranks what the repository's own configuration says.
std::vector<std::string> command_line() {
  std::vector<std::string> out{"git"};
  for (const char* setting : {"core.hooksPath=/dev/null",
                              "core.fsmonitor=false",
                              "core.untrackedCache=false",
                              "core.pager=cat",
                              "core.quotePath=false",
                              "core.sshCommand=false",
                              "core.editor=false",
                              "core.askPass=",
                              "credential.helper=",
                              "diff.external=",
                              "protocol.allow=never",
                              "submodule.recurse=false",
                              "commit.gpgSign=false",
                              "gc.auto=0",
                              "maintenance.auto=false",
                              "advice.detachedHead=false",
                              "color.ui=false",
                              "log.showSignature=false",
                              "status.submoduleSummary=false",
                              "safe.directory=*"})
    out.insert(out.end(), {"-c", setting});
  return out;
}

std::string said(const pack::ProgramEnd& end) {
  std::string text = end.errors.empty() ? end.output : end.errors;
  if (text.size() > kSaidBytesMax) text.resize(kSaidBytesMax);
  while (text.ends_with('\n')) text.pop_back();
  if (!end.limit.empty()) text += (text.empty() ? "" : "; ") + ("it met its limit of " + end.limit);
  return text.empty() ? "exit code " + std::to_string(end.exit_code) : text;
}

}  // namespace

std::vector<std::string> git_environment(const std::string& ceiling) {
  return {"PATH=/usr/local/bin:/usr/bin:/bin",
          "HOME=/tmp",
          "LC_ALL=C.UTF-8",
          "GIT_CONFIG_NOSYSTEM=1",
          "GIT_CONFIG_GLOBAL=/dev/null",
          "GIT_ATTR_NOSYSTEM=1",
          "GIT_TERMINAL_PROMPT=0",
          "GIT_OPTIONAL_LOCKS=0",
          "GIT_PAGER=cat",
          "GIT_CEILING_DIRECTORIES=" + ceiling};
}

Result<pack::ProgramEnd> Git::start(std::vector<std::string> arguments, const Tree& tree,
                                    std::size_t output_bytes_max) {
  const std::string& root = context_.workspace_root();
  pack::ProgramRequest request;
  request.command = command_line();
  std::move(arguments.begin(), arguments.end(), std::back_inserter(request.command));
  request.directory = tree.directory;
  request.environment = git_environment(root.substr(0, root.rfind('/')));
  if (!tree.git_dir.empty()) {
    request.environment.push_back("GIT_DIR=" + root + "/" + tree.git_dir);
    request.environment.push_back("GIT_WORK_TREE=" + root + "/" + tree.directory);
  }
  if (!tree.index_file.empty()) request.environment.push_back("GIT_INDEX_FILE=" + root + "/" + tree.index_file);
  request.output_bytes_max = output_bytes_max;
  return context_.run_program(request);
}

Answer<std::string> Git::run(std::vector<std::string> arguments, const Tree& tree, std::size_t output_bytes_max) {
  const std::size_t first = arguments.size() > 2 && arguments.front() == "-c" ? 2 : 0;
  const std::string name = arguments.empty() ? "" : arguments[first];
  Result<pack::ProgramEnd> end = start(std::move(arguments), tree, output_bytes_max);
  if (!end.ok()) return end.error();
  if (end->limit == "output")
    return refuse("OUTPUT_TOO_LARGE",
                  "git " + name + " says more than " + std::to_string(output_bytes_max) + " bytes; ask for less of it");
  if (!end->succeeded()) return refuse("GIT_FAILED", "git " + name + ": " + said(*end));
  return std::move(end->output);
}

Answer<std::optional<std::string>> Git::ask(std::vector<std::string> arguments, const Tree& tree) {
  Result<pack::ProgramEnd> end = start(std::move(arguments), tree, 1u << 20);
  if (!end.ok()) return end.error();
  if (!end->limit.empty() || end->signal != 0 || end->exit_code > 1) return refuse("GIT_FAILED", "git: " + said(*end));
  if (end->exit_code == 1) return std::optional<std::string>();
  while (end->output.ends_with('\n')) end->output.pop_back();
  return std::optional<std::string>(std::move(end->output));
}

Answer<bool> Git::is_ancestor(const std::string& commit, const std::string& of) {
  if (commit.empty() || of.empty()) return false;
  SD_TRY_ASSIGN(const std::optional<std::string> yes, ask({"merge-base", "--is-ancestor", commit, of}));
  return yes.has_value();
}

Done Git::check_repository() const {
  struct stat info {};
  const std::string place = context_.workspace_root() + "/.git";
  if (::lstat(place.c_str(), &info) != 0)
    return refuse("NO_REPOSITORY",
                  "the workspace is not the top of a git repository: run `git init` there, or open the "
                  "workspace where the repository begins");
  if (!S_ISDIR(info.st_mode))
    return refuse("UNSUPPORTED_REPOSITORY",
                  "the workspace is a linked worktree or a submodule (its .git is no folder); "
                  "open the workspace in the main working tree");
  return Nothing{};
}

}  // namespace lumenflow::software_delivery
