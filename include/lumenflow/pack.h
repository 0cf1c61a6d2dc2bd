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

#include "lumenflow/json.h"
#include "lumenflow/result.h"

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

using ToolResult = std::variant<ToolOutput, ToolError>;

struct StoreItem {
  std::string key;
  json::Value value;
};

// The pack's own ordered key-value store. What a call writes commits with the call's result or not at all; its own
// reads see its own writes. Keys are 1 to 512 bytes of UTF-8, ordered by byte.
class Store {
 public:
  virtual ~Store() = default;
  virtual Result<std::optional<json::Value>> get(std::string_view key) = 0;
  virtual Status put(std::string_view key, json::Value value) = 0;
  virtual Status erase(std::string_view key) = 0;  // absent is fine
  // Items whose key starts with `prefix` and is after `after` (exclusive; empty: from the start), in key order.
  virtual Result<std::vector<StoreItem>> scan(std::string_view prefix, std::string_view after, std::size_t limit) = 0;
  // The same from the end: keys before `before` (exclusive; empty: from the end), in descending order.
  virtual Result<std::vector<StoreItem>> scan_descending(std::string_view prefix, std::string_view before,
                                                         std::size_t limit) = 0;
};

struct EmitOptions {
  std::optional<std::string> idempotency_key;
  std::optional<std::string> timestamp;  // RFC 3339 with milliseconds; default: the call's clock
};

// A request to a host outside, made by the program for the pack. Only https; redirects are not followed.
struct HttpRequest {
  std::string url;
  std::string body;  // posted as application/json
  std::int64_t timeout_ms = 10'000;
  // Hosts that the operator lets the pack reach: `host`, `host:port` or a block of addresses, as in network scopes. A
  // name must not lead to an address that is not public, unless that address is on the list itself.
  std::vector<std::string> allowlist;
};

struct HttpResponse {
  int status = 0;
  std::string body;
};

// What the host offers to whatever it runs of a pack.
class HostContext {
 public:
  virtual ~HostContext() = default;
  virtual const std::string& workspace_root() const = 0;
  virtual const json::Value& config() const = 0;  // the pack's section of lumenflow.yaml; null without one
  virtual std::int64_t now_ms() const = 0;        // milliseconds since 1970; recorded, so that a replay reads the same
  virtual std::string new_ulid() = 0;             // 26 characters, time-ordered, increasing within the call
  virtual bool has_tool(std::string_view name_or_alias) const = 0;  // whether an active pack has it
  virtual bool cancelled() const = 0;  // the deadline passed or somebody cancelled: stop soon

  virtual Store& store() = 0;
  // The event commits with the result. UNKNOWN_KIND, INVALID_PAYLOAD, PAYLOAD_TOO_LARGE.
  virtual Status emit(std::string_view kind, json::Value payload, EmitOptions options = {}) = 0;

  // Lets `change` write to the store and emit, and returns once that is durable, or with the error of `change` and
  // nothing done: what has effects outside says first what it is about to do, and afterwards what came of it. `change`
  // runs alone among all writers of the workspace, so it must be short. INTERNAL where the traits say store-only;
  // TOOL_CANCELLED after the call's end; JOURNAL_UNAVAILABLE.
  virtual Status transact(const std::function<Status(Store&)>& change) = 0;
  // Blocks. What check_fetch says, SCOPE_DENIED also for an address found only now, UNREACHABLE. Any status is a
  // success.
  virtual Result<HttpResponse> fetch(const HttpRequest& request) = 0;
  // Without connecting: INVALID_INPUT for what is no https URL, SCOPE_DENIED for a host that is not on the allowlist.
  virtual Status check_fetch(const HttpRequest& request) const = 0;
  // Shows one line to the operator; whether a terminal is attached that took it.
  virtual bool notify_operator(std::string_view line) = 0;
  // Has a timer of the pack run at `at_ms` at the latest.
  virtual void wake(std::string_view timer, std::int64_t at_ms) = 0;
};

// One call, as its handler sees it.
class ToolContext : public HostContext {
 public:
  virtual const std::string& receipt_id() const = 0;
  virtual const std::string& subject() const = 0;
  virtual const std::string& tool() const = 0;  // canonical name
};

using ToolHandler = std::function<ToolResult(ToolContext&, const json::Value& input)>;

// What the host may assume of a handler.
struct ToolTraits {
  // Touches nothing but the pack's store and its context: its effects commit with its result, in one commit.
  bool store_only = false;
  // Returns within tens of microseconds whatever the store holds. With store_only it may run on the strand.
  bool bounded = false;
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

// A call that had started when the process died.
struct StartedCall {
  std::string_view receipt_id;
  std::string_view tool;  // canonical name
  const std::string& workspace_root;
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
};

// Asked when a workspace opens, before any call is taken.
using StatusHandler = std::function<Aftermath(const StartedCall&)>;

// What a pack's code registers; compared with its manifest at load (LF1033). Handlers may share state that they own:
// it ends, on the thread that lets go of the workspace, after the last call and before the workspace's lock is
// released.
class Registration {
 public:
  // `config` is what lumenflow.yaml says under the pack's config_key; an empty object when it says nothing.
  explicit Registration(json::Value config = json::Object{}) : config_(std::move(config)) {}

  const json::Value& config() const { return config_; }
  // For tools with effects outside the store: without it such a call of a dead process ends as `unknown`.
  void status(StatusHandler handler) { status_ = std::move(handler); }
  const StatusHandler& status() const { return status_; }
  // For all tools of the pack.
  void input_rule(InputRule rule) { input_rule_ = std::move(rule); }
  const InputRule& input_rule() const { return input_rule_; }
  void tool(std::string name, ToolTraits traits, ToolHandler handler) {
    tools_.push_back({std::move(name), traits, std::move(handler)});
  }
  void timer(std::string name, TimerHandler handler) { timers_.push_back({std::move(name), std::move(handler)}); }
  const std::vector<RegisteredTool>& tools() const { return tools_; }
  const std::vector<RegisteredTimer>& timers() const { return timers_; }

 private:
  json::Value config_;
  StatusHandler status_;
  InputRule input_rule_;
  std::vector<RegisteredTool> tools_;
  std::vector<RegisteredTimer> timers_;
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
