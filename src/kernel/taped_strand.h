// The strand's work on tape: what enters it, what comes of code that is not the kernel's, and when a recording begins
// and ends. Recording, it writes that down; replaying, it takes it from the tape. The strand's; a part of the kernel.
//
// A recording begins where nothing is under way: then all that the kernel keeps follows from the journal, and it is
// read from there once more, which is the beginning of the tape.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/executor.h"
#include "bus/fact.h"
#include "kernel/ingress.h"
#include "kernel/recording.h"

namespace lumenflow::kernel {

class Kernel;

class TapedStrand {
 public:
  explicit TapedStrand(Kernel& kernel) : kernel_(kernel) {}

  // --- recording.cc: from when on, until when ---
  void record(RecordingRequest request);
  void stop(const std::string& reason, std::vector<std::string> not_captured = {});
  // A recording is to begin as soon as the strand rests, and gives up at a moment of the monotonic clock.
  bool waits() const { return waiting_.has_value(); }
  std::chrono::nanoseconds waits_until() const { return waits_until_; }
  std::vector<Entering> hold_back(std::vector<Entering> batch);
  void begin_if_due();
  // Everything that does not follow from the journal as it does when a workspace is opened. On tape, in both
  // directions.
  Status begin_tape();
  std::string state_of_strand() const;
  // Hands a task to an executor; false when there is no room. A replay keeps it.
  bool hand_out(Executor& executor, std::uint64_t number, HostState* state, CallPtr call, std::function<void()> task);
  Status foreign_change(const std::function<Status()>& change);

  // --- tape_items.cc: the ingress queue ---
  void write_items(std::vector<Entering>& batch);
  std::vector<Entering> replayed_items();
  void replay_configuration();
  // Replaying: what the strand would have put on its own queue, and what a task that was run brings back.
  void keep_own(std::uint64_t number, Ingress item) { own_.emplace(number, std::move(item)); }
  void keep_return(Ingress item) { return_ = std::move(item); }

  // --- tape_code.cc: code that is not the kernel's ---
  std::optional<pack::ToolResult> run_tool(RunningCall& call, CallContext& context);
  std::vector<ErrorDetail> output_faults(const RunningCall& call, const json::Value& data);
  Result<std::string> replay_key(const Delivery& delivery);
  Status run_handler(const Delivery& delivery, DeliveryContext& context);
  Status run_change(const Transaction& transaction, CallStore& store);
  // Replaying: what a task that was handed out had come to.
  std::optional<pack::ToolResult> replayed_tool(RunningCall& call, HostState& state, std::string& isolation);
  void replayed_events(EventRead& read);
  Result<std::string> replayed_key();
  Status replayed_handler(HostState& state);
  Result<std::optional<std::int64_t>> replayed_timer(HostState& state);

  // --- tape_values.cc: values that may have to be sealed ---
  struct SealedInput {
    std::vector<ErrorDetail> faults;
    bool secrets = false;  // the faults are that it holds some
  };
  // What was found out with an input that cannot be on tape; nothing where it is there in clear.
  std::optional<SealedInput> replayed_input(RunningCall& call);
  void write_input(RunningCall& call, const std::vector<ErrorDetail>& faults, bool secrets);
  void tape_idempotency_hash(RunningCall& call);
  std::string seal_text(bool& sealed, std::string text, const std::string& key);

  // By a replay: what was not captured in clear, for people.
  std::vector<std::string>& unverified() { return unverified_; }

 private:
  bool quiet() const;
  json::Object start_of_recording() const;

  void write_item(Ingress& item);
  void write_call(const CallArrived& arrived);
  Ingress replayed_item();
  Ingress replayed_call();
  PostedTask& replayed_task(std::uint64_t number);
  Ingress run_replayed(std::uint64_t number);

  void write_tool(RunningCall& call, HostState& state, const std::optional<pack::ToolResult>& result,
                  const std::string& isolation, bus::FactWriter& out);
  void write_state(const HostState& state, bus::FactWriter& out);
  void write_wishes(const HostState& state, bus::FactWriter& out);
  void replayed_state(HostState& state);
  void replayed_wishes(HostState& state);

  Kernel& kernel_;
  std::optional<RecordingRequest> waiting_;  // until the strand has nothing under way
  std::chrono::nanoseconds waits_until_{0};
  std::vector<Entering> held_back_;  // calls that came meanwhile
  std::function<void()> reloaded_;   // of the recording that is being made
  std::uint64_t first_task_ = 0;     // that is on tape, of those that run on executors
  std::map<std::uint64_t, PostedTask> tasks_;
  std::map<std::uint64_t, Ingress> own_;
  std::optional<Ingress> return_;  // of the task that is run
  pack::Emitted emitted_;          // nobody waits for it
  std::vector<std::string> unverified_;
};

}  // namespace lumenflow::kernel
