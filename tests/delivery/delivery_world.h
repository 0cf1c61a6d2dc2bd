// The pack software-delivery in a real workspace: sqlite, git, and programs under the machine's own sandbox.
//
// For tests; the strand is the test's thread, and tools run on threads of their own.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/executor.h"
#include "base/files.h"
#include "base/random.h"
#include "base/time.h"
#include "hosts/confined_programs.h"
#include "sidecar/workspace.h"

namespace lumenflow::delivery {

// Called before and after each program that a pack has run: a test that dies there dies between any two of them.
using Checkpoint = std::function<void(int nth)>;

class DeliveryWorld {
 public:
  struct Options {
    std::string folder = "workspace";  // its name
    bool confined = true;              // false: programs as the operating system starts them, which is faster
    bool repository = true;            // with a first commit on the branch main
    std::string gates = "[{id: lint, command: [test, -f, a.txt]}]";
    std::string more = {};           // of lumenflow.yaml
    std::string approvals = "auto";  // who gives them
  };
  explicit DeliveryWorld(Options options);
  DeliveryWorld() : DeliveryWorld(Options{}) {}
  ~DeliveryWorld();

  void open(Checkpoint checkpoint = {});
  void close();

  // The Result, run to its end.
  json::Value call(const std::string& tool, json::Value input);
  json::Value call(const std::string& tool, std::string_view input);
  json::Value call_as(const std::string& subject, const std::string& tool, std::string_view input);
  // All at the same time, by different subjects.
  std::vector<json::Value> call_all(const std::string& tool, const std::vector<json::Value>& inputs);
  // Its data; the test fails where it was refused.
  json::Value data(const std::string& tool, std::string_view input);
  // "CODE" of a refusal; empty: it succeeded.
  std::string refusal(const std::string& tool, std::string_view input);
  // Confirms with the operator's key; the Result of the call that it makes.
  json::Value confirm(const std::string& recovery_id);
  // Approves with the operator's key; the Result of the call.
  json::Value approve(const std::string& approval_id);
  // What the digest of a call covers that waits.
  json::Value covered(const std::string& approval_id) const;
  // What the kernel keeps open: the ids of recoveries that propose a call.
  std::vector<std::string> open_recoveries() const;
  // Has wu:recover propose, confirms that, and expects it to be repaired; what was done and kept.
  json::Value mend();

  // In a shell, in the workspace; what it prints. The test fails where the shell does.
  std::string shell(const std::string& script) const;
  std::string commit(std::string_view worktree, const std::string& file, const std::string& text) const;
  bool exists(const std::string& path) const;
  const std::string& root() const { return root_; }
  std::vector<std::string> kinds() const;  // of the pack's events, in order

 private:
  class Watched;
  json::Value ended(const ReceiptId& receipt);
  void run_strand();
  std::vector<kernel::CallResult> run(std::vector<kernel::Call> calls);
  kernel::Call made(const std::string& tool, json::Value input, const std::string& subject) const;

  const Options options_;
  std::string home_;  // all of it
  std::string root_;
  PosixFiles files_;
  SystemClock clock_;
  SystemRandom random_;
  std::unique_ptr<sandbox::Launcher> launcher_;
  std::unique_ptr<hosts::ConfinedPrograms> programs_;
  std::unique_ptr<Watched> watched_;
  std::unique_ptr<ThreadPoolExecutor> executor_;
  std::unique_ptr<sidecar::Workspace> workspace_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool rung_ = false;
};

std::string text(const json::Value& value, std::string_view pointer);

// The work unit that most tests are about, and where it is worked on.
inline constexpr std::string_view kOne = R"({"wu_id": "WU-001"})";
inline constexpr std::string_view kWorktree = ".software-delivery/worktrees/content-WU-001";

}  // namespace lumenflow::delivery
