// A real `lumenflow up` on a scratch workspace, driven as a user would: for integration tests. One thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/process.h"
#include "http/client.h"
#include "lumenflow/json.h"

namespace lumenflow::testing {

// What a finished command said.
struct CommandResult {
  int exit_code = -1;
  std::string out;
};

class ScratchWorkspace {
 public:
  // Makes a temporary folder and runs `lumenflow init --id ws-42` in it. Aborts the test when that fails.
  ScratchWorkspace();
  ~ScratchWorkspace();  // removes the folder
  const std::string& root() const { return root_; }
  // Runs `lumenflow --workspace ROOT ARGUMENTS…` to its end.
  CommandResult run(std::vector<std::string> arguments) const;
  std::string mint_token(const std::string& scope) const;
  void configure(const std::string& lines) const;  // more lines of lumenflow.yaml

 private:
  std::string root_;
};

class RunningSidecar {
 public:
  explicit RunningSidecar(const ScratchWorkspace& workspace) : workspace_(workspace) {}
  // Starts it and waits until it says that it is ready; false when it does not. `port` 0 picks one.
  bool start(int port = 0);
  void kill_hard();     // SIGKILL, and waits until it is gone
  int stop_in_order();  // SIGTERM; the exit code
  const std::string& url() const { return url_; }
  int port() const { return port_; }
  int pid() const { return process_->pid(); }
  std::chrono::milliseconds time_to_ready() const { return time_to_ready_; }

 private:
  const ScratchWorkspace& workspace_;
  std::unique_ptr<Process> process_;
  std::string url_;
  int port_ = 0;
  std::chrono::milliseconds time_to_ready_{0};
};

// The environment that children get: a search path and a private runtime folder under the workspace's folder's parent.
std::vector<std::string> child_environment(const std::string& runtime_folder);

}  // namespace lumenflow::testing
