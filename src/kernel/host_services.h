// What a context on an executor thread asks of the kernel. Thread safe; each waits for its answer.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "json/schema.h"
#include "kernel/cancellation.h"
#include "kernel/running_call.h"
#include "lumenflow/pack.h"
#include "lumenflow/result.h"
#include "lumenflow/turn.h"
#include "pack/hosted_run.h"

namespace lumenflow::kernel {

class HostState;

class HostServices {
 public:
  using Change = std::function<Status(pack::Store&)>;

  virtual ~HostServices() = default;
  // `call` is null for a timer and a delivery. See pack::HostContext::transact. `emitted`, when not null, is what
  // became of the last event that `change` emitted.
  virtual Status transact(HostState& state, const std::shared_ptr<RunningCall>& call, const Change& change,
                          pack::Emitted* emitted) = 0;
  // How much more may be emitted of the queue class; about, while others emit too. Thread safe and cheap.
  struct OutboxRoom {
    std::uint64_t events;
    std::uint64_t bytes;
  };
  virtual OutboxRoom outbox_room() const = 0;
  // `value` as it may be recorded: what the schema calls `writeOnly` as an HMAC. Thread safe.
  virtual json::Value sealed_by(const json::Schema& schema, const json::Value& value) const = 0;
  virtual Status check_fetch(const pack::HttpRequest& request) const = 0;
  // Blocks. See pack::HostContext::run_programs.
  using Programs = std::vector<pack::ProgramRequest>;
  using ProgramEnds = std::vector<Result<pack::ProgramEnd>>;
  virtual ProgramEnds run_programs(pack::HostedRun& run, const Programs& programs, std::size_t at_once) = 0;
  virtual Result<pack::HttpResponse> fetch(const pack::HttpRequest& request, Cancellation* cancelled) = 0;
  virtual bool notify_operator(std::string_view line) = 0;
  // To whoever follows the call.
  virtual void say(const RunningCall& call, CallNotice notice) const = 0;
  virtual bool draining() const = 0;
  virtual std::chrono::nanoseconds monotonic() const = 0;
  // Calls a tool as the pack within this call; waits. See pack::HostContext::invoke.
  virtual Result<CallResult> invoke(const std::shared_ptr<RunningCall>& outer, std::string_view tool, json::Value input,
                                    std::string_view idempotency_key) = 0;
  // Asks whoever made the call; waits. See pack::HostContext::ask.
  virtual Result<std::vector<json::Value>> ask_caller(const std::shared_ptr<RunningCall>& call,
                                                      const std::vector<pack::Question>& questions) = 0;
  // Takes a call that call_in_session() made; does not wait.
  virtual Status submit_alone(Call call) = 0;
  // --- on the strand only, as from within a change ---
  // See pack::Turns.
  virtual Result<pack::Turn> open_turn(const std::shared_ptr<RunningCall>& call, const pack::TurnOpening& opening) = 0;
  virtual Result<std::vector<pack::OfferedTool>> tools_of_turn(const std::shared_ptr<RunningCall>& call) = 0;
  virtual Result<pack::TurnRecord> look_at_turn(std::string_view pack_id, std::string_view turn_id) = 0;
  virtual Result<pack::Invoked> outcome_in_turn(std::string_view receipt) = 0;
  virtual Result<Call> call_in_session(std::string_view pack_id, std::string_view session_id, std::string_view tool,
                                       json::Value input, std::string_view idempotency_key) = 0;
  virtual Status forget_session(std::string_view pack_id, std::string_view session_id) = 0;
  virtual Result<bool> was_handled(std::string_view pack_id, std::string_view kind, std::string_view replay_key) = 0;
};

}  // namespace lumenflow::kernel
