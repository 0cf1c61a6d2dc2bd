// What calls, timers and deliveries of a pack share behind their contexts: the store and the events that they gather,
// the turns that they ask for, and what the code of a pack in another process is told.
//
// Used by one thread at a time: the strand's, or the executor thread that runs it.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ulid.h"
#include "kernel/call_store.h"
#include "kernel/emitter.h"
#include "kernel/host_services.h"
#include "kernel/running_call.h"
#include "lumenflow/pack.h"
#include "pack/hosted_run.h"

namespace lumenflow::kernel {

// What stays the same for everything that runs of one pack, and the kernel behind it.
struct ContextScope {
  std::string_view pack_id;
  const pack::Manifest* manifest;  // null for kernel tools, which emit nothing of their own
  const json::Value& config;       // the pack's section
  const std::string& workspace_root;
  const pack::Registry& registry;
  HostServices& services;
};

// The half of a context that calls and timers share. Borrows its scope for its length.
class HostState {
 public:
  // `snapshot` is what `base` reads when that is not the strand's own view, else null.
  HostState(const ContextScope& scope, const log::TableReader& base, LazySnapshot* snapshot, Timestamp now,
            std::array<std::uint8_t, 16> entropy);

  std::string new_ulid();
  Status emit(std::string_view kind, json::Value payload, pack::EmitOptions options);
  Result<pack::Emitted> emit_now(const std::shared_ptr<RunningCall>& call, std::string_view kind, json::Value payload,
                                 pack::EmitOptions options);
  Status transact(const std::shared_ptr<RunningCall>& call, const HostServices::Change& change,
                  pack::Emitted* emitted = nullptr);
  Result<pack::Invoked> invoke(const std::shared_ptr<RunningCall>& call, std::string_view tool, json::Value input,
                               const std::string& idempotency_key);
  // `call` is null for a timer and a delivery.
  void log(const RunningCall* call, std::string_view level, std::string_view message, const json::Value& fields) const;
  void progress(const RunningCall* call, double fraction, std::string_view message) const;
  void say(const RunningCall* call, std::string_view piece) const;
  void note(const RunningCall* call, std::string_view name, const json::Value& data) const;

  const ContextScope scope;
  const Timestamp now;
  CallStore store;
  std::vector<PendingEvent> events;
  HostServices::OutboxRoom queued{0, 0};                    // what of them goes into the outbox
  std::vector<std::pair<std::string, std::int64_t>> wakes;  // timer, milliseconds since 1970
  std::optional<std::vector<pack::Trigger>> watched;        // instead of what the pack watched before
  std::uint64_t task = 0;                                   // what runs it, on the tape

 private:
  PendingEvent pending(std::string_view kind, json::Value payload, pack::EmitOptions options) const;
  Status check_new(const PendingEvent& event);
  Status check_bus_room(const PendingEvent& event) const;
  void seal(PendingEvent& event) const;
  LazySnapshot* const snapshot_;
  Ulid next_id_;
};

// The same for the code of packs in other processes.
class HostedRunOf final : public pack::HostedRun {
 public:
  // `call` is null for a delivery. All but `scopes` are borrowed from the context, whose part this is.
  HostedRunOf(HostState& state, std::shared_ptr<RunningCall> call, Cancellation& cancelled)
      : state_(state), call_(std::move(call)), cancelled_(cancelled) {}
  void scoped(std::shared_ptr<const pack::EnforcedScopes> scopes) { scopes_ = std::move(scopes); }
  const std::string& isolation() const { return isolation_; }

  const pack::EnforcedScopes& scopes() const override;
  const std::string& idempotency_key() const override;
  std::optional<std::chrono::nanoseconds> time_left() const override;
  std::function<void()> when_cancelled(std::function<void()> listener) override {
    return cancelled_.listen(std::move(listener));
  }
  void held_by(std::string isolation) override { isolation_ = std::move(isolation); }
  Result<bool> was_handled(std::string_view kind, std::string_view replay_key) override;
  Result<std::string> invoke(std::string_view tool, json::Value input, std::string_view idempotency_key) override;
  void progressed(double fraction, std::string message) override;
  void logged(std::string_view level, std::string message) override;

 private:
  HostState& state_;
  const std::shared_ptr<RunningCall> call_;  // shared with the strand's table
  Cancellation& cancelled_;
  std::shared_ptr<const pack::EnforcedScopes> scopes_;  // shared with the kernel's table
  std::string isolation_;
};

// Each is a step on the strand, while the context's thread waits.
class TurnsOf final : public pack::Turns {
 public:
  // `call` is null for what is none. Borrows the state of the context whose part this is.
  TurnsOf(HostState& state, std::shared_ptr<RunningCall> call) : state_(state), call_(std::move(call)) {}

  Result<pack::Turn> open(const pack::TurnOpening& opening) override;
  Result<std::vector<pack::OfferedTool>> tools() override;
  Result<pack::TurnRecord> look(std::string_view turn_id) override;
  Result<pack::Invoked> outcome(std::string_view receipt_id) override;
  Status go_on(std::string_view session_id, std::string_view tool, json::Value input,
               std::string_view idempotency_key) override;
  Status forget(std::string_view session_id, const HostServices::Change& change) override;

 private:
  template <class T, class Step>
  Result<T> on_strand(const Step& step);
  HostState& state_;
  const std::shared_ptr<RunningCall> call_;  // shared with the strand's table
};

}  // namespace lumenflow::kernel
