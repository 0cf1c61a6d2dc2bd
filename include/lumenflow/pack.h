// What a pack is written against: tools registered by name, each a function of its context and its input.
//
// The same interface serves packs compiled into lumenflow (`builtin`) and those that run as a process.
// Threading: a handler runs on an executor thread, or on the kernel's strand when its traits say store-only and
// bounded; one context belongs to one call or run and is used by one thread at a time. A context does not outlive it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lumenflow/handler.h"
#include "lumenflow/host.h"
#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow {
class Executor;
}

namespace lumenflow::pack {

// The tool's own refusal: `code` is one of the codes its documentation names, e.g. NOT_FOUND.
struct ToolError {
  std::string code;
  std::string message;
  json::Value details;
};

struct ToolOutput {
  json::Value data;     // must satisfy the tool's output_schema
  json::Array content;  // optional MCP content parts
};

// The tool's code ended without an answer: what a host says whose packs run as programs of their own.
struct ToolCrash {
  ErrorCode code = ErrorCode::kToolCrashed;  // or SCOPE_DENIED, OUTPUT_TOO_LARGE, …
  std::string message;
  bool no_effect = false;  // known to have changed nothing
};

using ToolResult = std::variant<ToolOutput, ToolError, ToolCrash>;

// One call, as its handler sees it.
class ToolContext : public HostContext {
 public:
  virtual const std::string& receipt_id() const = 0;
  virtual const std::string& subject() const = 0;
  virtual const std::string& tool() const = 0;  // canonical name
  // The recovery whose confirmation has made this call, "rec-…": somebody has consented to it as it is. Empty: none.
  virtual std::string confirmed_recovery() const { return {}; }
  // What the tool's `summary` (manifest) had said of this call to whoever approved it; null: nobody had to, or there is
  // none. Lives as long as the context.
  virtual const json::Value* approved_summary() const { return nullptr; }
  // For whom the call is made: its subject; where that is a turn or a pack, whoever it acts for.
  virtual std::string actor() const { return subject(); }
  // The session of an agent that it is made in; empty: none.
  virtual std::string session() const { return {}; }
};

using ToolHandler = std::function<ToolResult(ToolContext&, const json::Value& input)>;

// What the host may assume of a handler.
struct ToolTraits {
  // Touches nothing but the pack's store and its context: its effects commit with its result, in one commit.
  bool store_only = false;
  // Returns within tens of microseconds whatever the store holds. With store_only it may run on the strand.
  bool bounded = false;
  // Asks for run_programs(), in a pack that is compiled into lumenflow: the host works out what its calls may reach.
  bool programs = false;
};

// Runs when the workspace opens, and then when it was last asked for: at what it returns (milliseconds since 1970;
// nothing: not by itself), or at what wake() says if that is earlier. Never beside itself, never on the strand, and
// perhaps without need; a run that fails is repeated after a while. Its store() is for reading: it writes by
// transact().
using TimerHandler = std::function<Result<std::optional<std::int64_t>>(HostContext&)>;

struct RegisteredTimer {
  std::string name;
  TimerHandler handler;
};

// What of an input counts, for a pack with a rule of its own, such as that strings are trimmed; nothing when the input
// stands as it is. The host checks the tool's schema against that; the record of the call, and the handler, get the
// input as it was given. Runs on the strand: pure, and in time that grows with the input alone.
using InputRule = std::function<std::optional<json::Value>(const json::Value& input)>;

struct RegisteredTool {
  std::string name;
  ToolTraits traits;
  ToolHandler handler;
};

// A declared purpose of agents' sessions (lumenflow/turn.h), from the pack's configuration. The kernel holds every call
// in a session of the pack to it: what neither list allows is denied. Tools are named by globs.
struct Intent {
  std::string id;
  std::vector<std::string> allow_tools;
  std::vector<std::string> approval_required_tools;  // allowed as well, once somebody has approved the call
};

struct EnforcedScopes;  // of the program

// A call that had started when the process died.
struct StartedCall {
  std::string_view receipt_id;
  std::string_view tool;  // canonical name
  const std::string& workspace_root;
  const EnforcedScopes* scopes = nullptr;  // what the call was let reach; null for packs in the program itself
  // As the journal has it: without what its schema calls a secret, null where it is no longer there.
  json::Value input = {};
  Store* store = nullptr;  // the pack's own, as it is durable, for reading; null where the host has none to give
};

// What became of it, as far as the pack's own records tell.
struct Aftermath {
  enum class Effect : std::uint8_t {
    kUnknown,  // the records do not say
    kNone,     // it changed nothing, and never will
    kDone,     // all of it happened
  };
  Effect effect = Effect::kUnknown;
  json::Value data;  // kDone: what the tool would have answered
  // kUnknown: what a refusal would have said in its details, {recovery_action?, recovery_call? {tool, input}}.
  json::Value cleanup = {};
};

// Asked when a workspace opens, before any call is taken.
using StatusHandler = std::function<Aftermath(const StartedCall&)>;

// What a pack's code registers; compared with its manifest at load (LF1033). Handlers may share state that they own:
// it ends, on the thread that lets go of the workspace, after the last call and before the workspace's lock is
// released.
class Registration {
 public:
  // `config` is what lumenflow.yaml says under the pack's config_key; an empty object when it says nothing; with what
  // its config_reads name.
  explicit Registration(json::Value config = json::Object{}) : config_(std::move(config)) {}

  const json::Value& config() const { return config_; }
  // For tools with effects outside the store: without it such a call of a dead process ends as `unknown`.
  void status(StatusHandler handler) { status_ = std::move(handler); }
  const StatusHandler& status() const { return status_; }
  // Where the pack's handlers run that are not bounded; nothing: where all do. Shared with the work in flight.
  void runs_on(std::shared_ptr<Executor> executor) { executor_ = std::move(executor); }
  const std::shared_ptr<Executor>& executor() const { return executor_; }
  // What holds the pack's code, for the record of its calls; empty: it runs in the program itself.
  void isolation(std::string isolation) { isolation_ = std::move(isolation); }
  const std::string& isolation() const { return isolation_; }
  // For all tools of the pack.
  void input_rule(InputRule rule) { input_rule_ = std::move(rule); }
  const InputRule& input_rule() const { return input_rule_; }
  void tool(std::string name, ToolTraits traits, ToolHandler handler) {
    tools_.push_back({std::move(name), traits, std::move(handler)});
  }
  void timer(std::string name, TimerHandler handler) { timers_.push_back({std::move(name), std::move(handler)}); }
  // For a kind that the manifest subscribes to; one of each (LF1031, LF1032).
  void handler(std::string kind, HandlerTraits traits, EventHandler handler, ReplayKey replay_key = {}) {
    handlers_.push_back({std::move(kind), traits, std::move(handler), std::move(replay_key)});
  }
  // Once one is there, a session without an intent may call nothing.
  void intent(Intent intent) { intents_.push_back(std::move(intent)); }
  const std::vector<Intent>& intents() const { return intents_; }
  const std::vector<RegisteredTool>& tools() const { return tools_; }
  const std::vector<RegisteredTimer>& timers() const { return timers_; }
  const std::vector<RegisteredHandler>& handlers() const { return handlers_; }

 private:
  json::Value config_;
  StatusHandler status_;
  InputRule input_rule_;
  std::shared_ptr<Executor> executor_;
  std::string isolation_;
  std::vector<RegisteredTool> tools_;
  std::vector<RegisteredTimer> timers_;
  std::vector<RegisteredHandler> handlers_;
  std::vector<Intent> intents_;
};

// A pack compiled into the program: its files, embedded at build, and its registration.
struct BuiltinPack {
  struct File {
    std::string_view path;  // relative to the pack, e.g. "manifest.yaml"
    std::string_view content;
  };
  std::string_view id;
  std::vector<File> files;  // manifest.yaml and whatever it refers to
  void (*register_pack)(Registration&);
};

}  // namespace lumenflow::pack
