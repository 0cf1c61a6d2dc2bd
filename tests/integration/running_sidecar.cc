#include "running_sidecar.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace lumenflow::testing {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kCommandTime{60'000};
constexpr milliseconds kReadyTime{30'000};

std::string runtime_folder(const std::string& root) { return root + "-run"; }

std::unique_ptr<Process> start_program(const std::string& root, std::vector<std::string> arguments) {
  ProcessOptions options;
  options.command = {LUMENFLOW_PROGRAM, "--workspace", root};
  options.command.insert(options.command.end(), arguments.begin(), arguments.end());
  options.environment = child_environment(runtime_folder(root));
  PosixProcesses processes;
  auto started = processes.start(options);
  if (!started.ok()) {
    ADD_FAILURE() << started.error().to_string();
    return nullptr;
  }
  return *std::move(started);
}

}  // namespace

std::vector<std::string> child_environment(const std::string& runtime_folder) {
  std::vector<std::string> environment = {"PATH=/usr/bin:/bin", "XDG_RUNTIME_DIR=" + runtime_folder,
                                          "LUMENFLOW_LOG=warn"};
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"})
    if (const char* value = std::getenv(name)) environment.push_back(std::string(name) + "=" + value);
  return environment;
}

ScratchWorkspace::ScratchWorkspace() {
  std::string pattern = (std::filesystem::temp_directory_path() / "lumenflow-test-XXXXXX").string();
  EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
  root_ = pattern;
  std::filesystem::create_directory(runtime_folder(root_));
  std::filesystem::permissions(runtime_folder(root_), std::filesystem::perms::owner_all);
  const CommandResult made = run({"init", "--id", "ws-42"});
  EXPECT_EQ(made.exit_code, 0) << made.out;
}

ScratchWorkspace::~ScratchWorkspace() {
  std::error_code ignored;
  std::filesystem::remove_all(root_, ignored);
  std::filesystem::remove_all(runtime_folder(root_), ignored);
}

CommandResult ScratchWorkspace::run(std::vector<std::string> arguments) const {
  const std::unique_ptr<Process> process = start_program(root_, std::move(arguments));
  CommandResult result;
  if (process == nullptr) return result;
  for (;;) {
    const auto line = process->read_line(kCommandTime);
    if (!line.ok() || !*line) break;
    result.out += **line + "\n";
  }
  if (const auto exit = process->wait(kCommandTime); exit.ok()) result.exit_code = exit->code;
  return result;
}

std::string ScratchWorkspace::mint_token(const std::string& scope) const {
  CommandResult minted = run({"token", "mint", "--scope", scope});
  EXPECT_EQ(minted.exit_code, 0);
  while (!minted.out.empty() && minted.out.back() == '\n') minted.out.pop_back();
  return minted.out;
}

void ScratchWorkspace::configure(const std::string& lines) const {
  std::ofstream(root_ + "/lumenflow.yaml", std::ios::app) << lines;
}

bool RunningSidecar::start(int port) {
  const auto began = std::chrono::steady_clock::now();
  process_ = start_program(workspace_.root(), {"up", "--json", "--listen", "127.0.0.1:" + std::to_string(port)});
  if (process_ == nullptr) return false;
  const auto line = process_->read_line(kReadyTime);
  if (!line.ok() || !*line) return false;
  time_to_ready_ = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
  const Result<json::Value> ready = json::parse(**line);
  if (!ready.ok() || !json::boolean_or(*ready, "ready", false)) return false;
  url_ = json::string_or(*ready, "url", "");
  port_ = std::atoi(url_.substr(url_.rfind(':') + 1).c_str());
  return port_ > 0;
}

void RunningSidecar::kill_hard() {
  process_->signal_group(SIGKILL);
  EXPECT_TRUE(process_->wait(kCommandTime).ok());
}

int RunningSidecar::stop_in_order() {
  process_->signal_group(SIGTERM);
  const auto exit = process_->wait(kCommandTime);
  return exit.ok() ? exit->code : -1;
}

}  // namespace lumenflow::testing
