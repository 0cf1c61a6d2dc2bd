// What the host offers to a pack's code, whatever it runs of it: the store, events, the clock, hosts outside.
//
// One context belongs to one call, delivery or run and is used by one thread at a time; it does not outlive it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lumenflow/fetch.h"
#include "lumenflow/invoked.h"
#include "lumenflow/json.h"
#include "lumenflow/program.h"
#include "lumenflow/result.h"

namespace lumenflow::pack {

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

// What an emission has become.
struct Emitted {
  std::string event_id;
  std::string timestamp;  // RFC 3339 with milliseconds: of the first emission under its key
  std::uint64_t seq = 0;  // in the workspace's stream
};

// What a call asks of whoever made it, in MCP's own words: elicitation/create (a person fills in a form),
// sampling/createMessage (the caller's model says something) or roots/list, with the params that MCP gives them.
struct Question {
  std::string key;  // names its answer; unique among those asked together
  std::string method;
  json::Value params;
};

struct Trigger;   // lumenflow/handler.h
class HostedRun;  // of the program: what it does for packs whose code runs elsewhere
class Turns;      // lumenflow/turn.h

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
  // The event commits with the result, and stands after it. UNKNOWN_KIND, INVALID_PAYLOAD, PAYLOAD_TOO_LARGE,
  // OUTBOX_FULL.
  virtual Status emit(std::string_view kind, json::Value payload, EmitOptions options = {}) = 0;
  // The event commits by itself, whatever becomes of the call: what it returns is durable. Under an idempotency key
  // that is live it is the event of the first time. Errors of emit() and of transact(), IDEMPOTENCY_CONFLICT.
  virtual Result<Emitted> emit_now(std::string_view kind, json::Value payload, EmitOptions options = {}) = 0;

  // Lets `change` write to the store and emit, and returns once that is durable, or with the error of `change` and
  // nothing done: what has effects outside says first what it is about to do, and afterwards what came of it. `change`
  // runs alone among all writers of the workspace, so it must be short. INTERNAL where the traits say store-only;
  // TOOL_CANCELLED after the call's end; JOURNAL_UNAVAILABLE.
  virtual Status transact(const std::function<Status(Store&)>& change) = 0;
  // Blocks. What check_fetch says, SCOPE_DENIED also for an address found only now, UNREACHABLE also when time is over
  // or the answer breaks off, OUTPUT_TOO_LARGE, TOOL_CANCELLED. Any status is a success.
  virtual Result<HttpResponse> fetch(const HttpRequest& request) = 0;
  // Without connecting: INVALID_INPUT for what is no such request, SCOPE_DENIED for a host that is not on the allowlist
  // and for what lumenflow.yaml does not name, NOT_FOUND for a variable that is not set.
  virtual Status check_fetch(const HttpRequest& request) const = 0;
  // Runs programs one beside another, at most `at_once` of them, and waits for all: how each ended, in their order.
  // They see the system's programs and what the call's scopes let it reach, which is all the permission there is;
  // network only where the scopes have it. An end by itself, by a signal or by a limit is a success. SCOPE_DENIED
  // outside of a call, and for a directory or path that the call may not reach; INVALID_INPUT for a program that is not
  // there; SANDBOX_UNAVAILABLE; TOOL_CANCELLED when the call has ended meanwhile.
  virtual std::vector<Result<ProgramEnd>> run_programs(const std::vector<ProgramRequest>& requests,
                                                       std::size_t at_once) = 0;
  Result<ProgramEnd> run_program(const ProgramRequest& request) {
    return std::move(run_programs({request}, 1).front());
  }
  // Calls another tool, as the pack on behalf of whoever called it, with scopes no wider than this call's, and waits.
  // What the call ended with is what it is: an error means that none was made. INVALID_REQUEST outside of a call, in a
  // store-only tool and where calls are nested too deep; TOOL_CANCELLED.
  virtual Result<Invoked> invoke(std::string_view tool, json::Value input,
                                 std::optional<std::string> idempotency_key = {}) = 0;
  // Likewise, changes or reads one of the workspace's tasks: `step` is create, claim, block, unblock, wait, resume,
  // release, delegate, complete, show, list or lanes, the input what kernel:task_<step> takes.
  virtual Result<Invoked> tasks(std::string_view step, json::Value input,
                                std::optional<std::string> idempotency_key = {}) = 0;
  // Whether whoever made the call answers questions of this method.
  virtual bool may_ask([[maybe_unused]] std::string_view method) const { return false; }
  // Asks whoever made the call and waits: what they answered, in the order of the questions, each as MCP has the result
  // of its method; a form that was declined is an answer too. The call's deadline goes on meanwhile.
  // CLIENT_CAPABILITY_MISSING where the caller cannot be asked so, INVALID_REQUEST in a store-only tool,
  // TOOL_CANCELLED.
  virtual Result<std::vector<json::Value>> ask(const std::vector<Question>& questions);
  Result<json::Value> elicit(json::Value params) { return ask_one("elicitation/create", std::move(params)); }
  Result<json::Value> sample(json::Value params) { return ask_one("sampling/createMessage", std::move(params)); }
  virtual void progress(double fraction, std::string_view message) = 0;  // 0 to 1
  // A further piece of what the call has to say to whoever follows it, such as the words of a model as they come. As
  // progress, nothing of it is recorded, and without a follower it is nothing.
  virtual void say(std::string_view piece) { progress(0, piece); }
  // What has happened in the call, for a follower that knows what `name` means. Nothing of it is recorded.
  virtual void note([[maybe_unused]] std::string_view name, [[maybe_unused]] const json::Value& data) {}
  // A line for the workspace's log; `level` is debug, info, warn or error, `fields` an object of scalars.
  virtual void log(std::string_view level, std::string_view message, json::Value fields = json::Object{}) = 0;
  // Shows one line to the operator; whether a terminal is attached that took it.
  virtual bool notify_operator(std::string_view line) = 0;
  // Has a timer of the pack run at `at_ms` at the latest.
  virtual void wake(std::string_view timer, std::int64_t at_ms) = 0;
  // What the pack hears of from now on besides the kinds of its handlers, instead of what it named here before;
  // forgotten when the workspace closes, so that a timer says it anew. Nothing in a pack that is a program of its own.
  virtual void watch(std::vector<Trigger> triggers) = 0;
  // Governed turns of agents; null where the host has none to give, as to packs in a process of their own.
  virtual Turns* turns() { return nullptr; }
  // Null but for the program's own contexts; a pack has no use for it.
  virtual HostedRun* hosted() { return nullptr; }

 private:
  Result<json::Value> ask_one(std::string_view method, json::Value params);
};

// The refusal of ask() where nobody is there who could answer.
inline Error nobody_to_ask(std::string_view method);

inline Result<std::vector<json::Value>> HostContext::ask(const std::vector<Question>& questions) {
  return nobody_to_ask(questions.empty() ? std::string_view() : std::string_view(questions.front().method));
}

inline Result<json::Value> HostContext::ask_one(std::string_view method, json::Value params) {
  std::vector<Question> questions;
  questions.push_back({"question", std::string(method), std::move(params)});
  Result<std::vector<json::Value>> answers = ask(questions);
  if (!answers.ok()) return std::move(answers).error();
  return std::move(answers->front());
}

inline Error nobody_to_ask(std::string_view method) {
  return {ErrorCode::kClientCapabilityMissing,
          "who made this call does not answer " + std::string(method) + "; call from an MCP client that does"};
}

}  // namespace lumenflow::pack
