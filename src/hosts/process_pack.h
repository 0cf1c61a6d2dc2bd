// One pack of runtime `process`, as it runs: its tools, handlers and replay keys, each asked of a child that may reach
// what that run may, and no more.
//
// Thread safe: runs come on the threads of the pack's executor. Shared by what it registers.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "hosts/children.h"
#include "hosts/conversation.h"
#include "hosts/pack_executor.h"
#include "hosts/pack_program.h"
#include "hosts/process_host.h"
#include "hosts/secret_values.h"
#include "lumenflow/pack.h"

namespace lumenflow::hosts {

class ProcessPack {
 public:
  ProcessPack(sandbox::Launcher& launcher, const ProcessHostOptions& options, const Protocol& protocol, Keeper& keeper,
              const ProcessPackSource& source);
  ~ProcessPack();
  ProcessPack(const ProcessPack&) = delete;
  ProcessPack& operator=(const ProcessPack&) = delete;

  struct Introduction {
    struct Handler {
      std::string kind;
      bool idempotent;
      bool replay_key;
    };
    std::vector<std::string> tools;
    std::vector<Handler> handlers;
    bool offers_status = false;
    std::string isolation;
  };
  // Starts the first child. INVALID_CONFIGURATION where that is the pack's fault.
  Result<Introduction> introduce();
  // Before the first run: whose threads it is asked on.
  void runs_on(std::shared_ptr<PackExecutor::State> threads) { threads_ = std::move(threads); }

  pack::ToolResult call(pack::ToolContext& context, const json::Value& input);
  Status handle(pack::HandlerContext& context, const pack::Event& event);
  std::string replay_key(const pack::Event& event);  // empty: there is none, and the log says why
  pack::Aftermath status(const pack::StartedCall& call);
  // No child is started from now on, and those at work are killed.
  void close();

 private:
  struct Lease {
    std::string key;
    std::unique_ptr<ChildConnection> child;
  };
  // What a run asks, and how its answer is to be had.
  struct Asked {
    Question question;
    std::string run_id;
    pack::HostContext* context = nullptr;
  };

  Result<ProgramPlace> place_of(const pack::EnforcedScopes& scopes, const std::vector<std::string>& required_env);
  Result<Lease> lease(const ProgramPlace& place, pack::HostedRun* run);
  Result<Lease> start(const ProgramPlace& place);
  Status initialize(ChildConnection& child);
  void give_back(Lease lease, const Outcome& outcome);
  Outcome ask_child(const ProgramPlace& place, Asked asked);
  pack::ToolResult result_of(Outcome outcome, const pack::StartedCall& started);
  // With what its secrets refer to, as that is now.
  Result<json::Value> resolved_config();
  const std::vector<std::string>& environment_of(std::string_view tool) const;
  bool enter(ChildConnection& child);
  void leave(ChildConnection& child);

  sandbox::Launcher& launcher_;
  const ProcessHostOptions options_;
  const Protocol& protocol_;
  Keeper& keeper_;
  const ConversationLimits conversation_;

  const std::string id_, version_, workspace_id_, workspace_root_;
  const json::Value config_;  // its secrets as they are referred to
  const std::shared_ptr<const json::Schema> config_schema_;
  const PackProgram program_;
  std::map<std::string, std::vector<std::string>, std::less<>> required_env_;  // by tool
  std::set<std::string, std::less<>> harmless_;                                // tools that only read
  std::set<std::string, std::less<>> promise_nothing_;                         // tools that may answer an empty object

  SecretValues secrets_;  // what its children were given
  PackLog log_;
  std::shared_ptr<Children> children_;            // shared with the keeper's look at it
  Introduction introduction_;                     // of the first child
  std::shared_ptr<PackExecutor::State> threads_;  // shared with them
  std::mutex mutex_;
  std::vector<ChildConnection*> at_work_;
  bool closed_ = false;
};

}  // namespace lumenflow::hosts
