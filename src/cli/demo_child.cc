#include "cli/demo_child.h"

#include <stdlib.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "lumenflow/json.h"

namespace lumenflow::cli {
namespace {

constexpr std::chrono::milliseconds kReadyTime{20'000}, kStopTime{20'000};

}  // namespace

Result<DemoChild> start_demo_child(const Context& context, const std::string& name,
                                   std::vector<std::string> arguments) {
  ProcessOptions options;
  options.command = std::move(arguments);
  options.command.insert(options.command.begin(), context.program);
  for (const char* variable : {"PATH", "HOME", "XDG_RUNTIME_DIR", "TMPDIR"})
    if (const char* value = std::getenv(variable)) options.environment.push_back(std::string(variable) + "=" + value);
  DemoChild child;
  LUMENFLOW_TRY_ASSIGN(child.process, PosixProcesses().start(options));
  LUMENFLOW_TRY_ASSIGN(const std::optional<std::string> line, child.process->read_line(kReadyTime));
  if (!line) return Error(ErrorCode::kInternal, "the " + name + " ended before it was ready");
  LUMENFLOW_TRY_ASSIGN(const json::Value ready, json::parse(*line));
  child.url = json::string_or(ready, "url", "");
  return child;
}

Status stop_demo_child(Process& process, const std::string& name) {
  process.signal_group(SIGTERM);
  LUMENFLOW_TRY_ASSIGN(const ProcessExit exit, process.wait(kStopTime));
  if (exit.code == 0) return {};
  return Error(ErrorCode::kInternal, "the " + name + " ended with " + std::to_string(exit.code));
}

Result<std::string> make_demo_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "lumenflow-demo-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) return Error(ErrorCode::kIo, "no folder for the demo in " + pattern);
  return pattern;
}

Context talking_on(const Context& context, std::ostream& out) {
  return {.files = context.files,
          .clock = context.clock,
          .random = context.random,
          .in = context.in,
          .out = out,
          .err = context.err,
          .out_is_terminal = context.out_is_terminal,
          .colour = context.colour,
          .program = context.program,
          .workspace = context.workspace,
          .builtin_packs = context.builtin_packs};
}

}  // namespace lumenflow::cli
