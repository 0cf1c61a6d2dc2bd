// What a turn of an agent costs without its model: opened, begun, one tool called, what was said kept, ended. The model
// is a script; the limit beside it is the tool called by itself, by whoever started the turn.
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "agent-runtime/registration.h"
#include "base/executor.h"
#include "cli/bench_groups.h"
#include "cli/bench_pack.h"
#include "sidecar/workspace.h"

namespace lumenflow::cli {
namespace {

using Stopwatch = std::chrono::steady_clock;

constexpr int kTurns = 300, kFirstTurns = 20;

class AgentsBench {
 public:
  AgentsBench(Context& context, std::string root) : context_(context), root_(std::move(root)) {
    auto credential = std::make_shared<kernel::Credential>();  // shared: see Call::credential
    credential->subject = Subject("bench:local:bench");
    credential->scopes = {"workspace", "agent:execute-turn"};
    credential_ = std::move(credential);
  }
  ~AgentsBench() {
    workspace_.reset();
    executor_.finish();
  }
  AgentsBench(const AgentsBench&) = delete;
  AgentsBench& operator=(const AgentsBench&) = delete;

  Status open() {
    LUMENFLOW_TRY(sidecar::init_workspace(context_.files, root_,
                                          {.id = "bench", .production = false, .operator_passphrase = {}}));
    LUMENFLOW_TRY(context_.files.write_atomic(
        join_path(root_, "model.yaml"), std::string("turns:\n  - tool: ") + std::string(kTwoCommitTool) +
                                            "\n    input: " + std::string(bench_input()) + "\n  - reply: Done.\n"));
    LUMENFLOW_TRY(context_.files.write_atomic(
        sidecar::WorkspacePaths(root_).config,
        "id: bench\npacks: [{id: bench}, {id: agent-runtime}]\nlimits: {rate: {per_second: 1000000, burst: 1000000}}\n"
        "agent_runtime: {models: {script: {provider: scripted, model: model.yaml}}}\n"));
    const sidecar::WorkspacePorts ports{context_.files, context_.clock, context_.random, executor_};
    LUMENFLOW_TRY_ASSIGN(workspace_,
                         sidecar::Workspace::open(ports, root_, {&bench_pack(), &agent_runtime_pack()}, {}));
    if (workspace_->diagnostics().has_errors())
      return Error(ErrorCode::kInternal,
                   "the bench's packs do not run\n" + pack::render_text(workspace_->diagnostics(), false));
    return {};
  }

  // In ms.
  Result<double> call(std::string_view tool, json::Value input) {
    kernel::Call call;
    call.tool = tool;
    call.input = std::move(input);
    call.credential = credential_;
    const Stopwatch::time_point start = Stopwatch::now();
    LUMENFLOW_TRY_ASSIGN(const kernel::CallResult result, workspace_->call_and_wait(std::move(call)));
    const double ms = std::chrono::duration<double, std::milli>(Stopwatch::now() - start).count();
    if (result.outcome != journal::Outcome::kSuccess)
      return Error(ErrorCode::kInternal, "a call of " + std::string(tool) + " failed: " + result.body);
    return ms;
  }

 private:
  Context& context_;
  const std::string root_;
  ThreadPoolExecutor executor_{2, 64};
  std::shared_ptr<const kernel::Credential> credential_;  // shared by every call, as a connection's is
  std::unique_ptr<sidecar::Workspace> workspace_;
};

}  // namespace

Status bench_agents(Bench& bench) {
  AgentsBench agents(bench.context, bench.scratch.sub("agents"));
  LUMENFLOW_TRY(agents.open());
  LUMENFLOW_TRY_ASSIGN(const json::Value input, json::parse(bench_input()));
  std::vector<double> turns, calls;
  const int measured = bench.operations(kTurns);
  for (int i = 0; i < kFirstTurns + measured; ++i) {
    LUMENFLOW_TRY_ASSIGN(const double turn, agents.call("agent:execute-turn", json::Object{{"goal", "Touch it."}}));
    LUMENFLOW_TRY_ASSIGN(const double call, agents.call(kTwoCommitTool, input));
    if (i < kFirstTurns) continue;
    turns.push_back(turn);
    calls.push_back(call);
  }
  for (const auto& [name, share] : {std::pair{"p50", 0.5}, std::pair{"p99", 0.99}})
    bench.figures.push_back({std::string("agents.turn_of_one_call.") + name,
                             percentile(turns, share),
                             "ms",
                             "the tool called by itself",
                             percentile(calls, share),
                             {}});
  return {};
}

}  // namespace lumenflow::cli
