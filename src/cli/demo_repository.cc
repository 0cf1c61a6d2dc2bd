#include "cli/demo_repository.h"

#include <chrono>
#include <utility>
#include <vector>

#include "base/files.h"
#include "base/process.h"

namespace lumenflow::cli {
namespace {

constexpr std::chrono::seconds kGitTime{30};

constexpr std::string_view kConfiguration = R"(
packs:
  - {id: sidekick, source: builtin}
  - {id: software-delivery, source: builtin}
  - {id: agent-runtime, source: builtin}
lanes:
  - {id: content, title: 'Content: Site Comms', wip_limit: 1}
gates:
  - {id: has-a-headline, command: [grep, -q, '<h1>', index.html], timeout: 30s}
agent_runtime:
  default_model: demo
  models:
    demo: {provider: scripted, model: agent.yaml}
)";

constexpr std::string_view kPage = "<!doctype html>\n<title>Site</title>\n<h1>Opening hours</h1>\n";

constexpr std::string_view kWorkUnit = R"(id: WU-042
title: Say when we are open at Christmas
lane: content
type: feature
priority: P2
acceptance: [The page says so.]
)";

constexpr std::string_view kScript = R"(turns:
  - tool: software-delivery:gates
    input: {wu_id: WU-042}
  - reply: 'Gates on {{/data/wu_id}} passed: {{/data/passed}}.'
)";

// With nobody's configuration but its own.
Status git(const std::string& root, std::vector<std::string> arguments) {
  ProcessOptions options;
  options.command = {"git",
                     "-c",
                     "user.name=Demo",
                     "-c",
                     "user.email=demo@example.com",
                     "-c",
                     "commit.gpgsign=false",
                     "-c",
                     "init.defaultBranch=main"};
  options.command.insert(options.command.end(), arguments.begin(), arguments.end());
  options.environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + root, "GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C"};
  options.directory = root;
  options.errors_with_output = true;
  LUMENFLOW_TRY_ASSIGN(const std::unique_ptr<Process> process, PosixProcesses().start(options));
  std::string said;
  for (;;) {
    LUMENFLOW_TRY_ASSIGN(const std::optional<std::string> line, process->read_line(kGitTime));
    if (!line) break;
    said += *line + " ";
  }
  LUMENFLOW_TRY_ASSIGN(const ProcessExit exit, process->wait(kGitTime));
  if (exit.code == 0) return {};
  return Error(ErrorCode::kUnreachable, "git " + arguments.front() + " ended with " + std::to_string(exit.code) +
                                            (said.empty() ? "" : ": " + said) + "; the demonstration needs git");
}

}  // namespace

Status make_demo_repository(Files& files, const std::string& root) {
  const std::string configuration = join_path(root, "lumenflow.yaml");
  LUMENFLOW_TRY_ASSIGN(const std::string begun, files.read(configuration));
  LUMENFLOW_TRY(files.write_atomic(configuration, begun + std::string(kConfiguration), 0644));
  LUMENFLOW_TRY(files.make_directories(join_path(root, ".software-delivery/wu"), 0755));
  const std::pair<const char*, std::string_view> contents[] = {
      {"index.html", kPage}, {"agent.yaml", kScript}, {".software-delivery/wu/WU-042.yaml", kWorkUnit}};
  for (const auto& [path, text] : contents)
    LUMENFLOW_TRY(files.write_atomic(join_path(root, path), std::string(text), 0644));
  LUMENFLOW_TRY(git(root, {"init", "--quiet"}));
  LUMENFLOW_TRY(git(root, {"add", "--all"}));
  return git(root, {"commit", "--quiet", "--message", "A page, and what is to be done about it"});
}

}  // namespace lumenflow::cli
