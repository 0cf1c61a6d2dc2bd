// One call or one run of a timer, as the pack sees it: identity, clock, ids, the pack's store and emission, buffered
// until it ends, and what the host does for it.
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
#include "kernel/call_asker.h"
#include "kernel/call_store.h"
#include "kernel/emitter.h"
#include "kernel/fetch_rules.h"
#include "kernel/host_services.h"
#include "kernel/running_call.h"
#include "kernel/subscriptions.h"
#include "log/log.h"
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
  Status forget(std::string_view session_id) override;

 private:
  template <class T, class Step>
  Result<T> on_strand(const Step& step);
  HostState& state_;
  const std::shared_ptr<RunningCall> call_;  // shared with the strand's table
};

// Outside of a call there are no scopes that a program could run under.
std::vector<Result<pack::ProgramEnd>> no_programs(std::size_t count);

template <class Interface>
class HostContextOf : public Interface {
 public:
  const std::string& workspace_root() const override { return state_.scope.workspace_root; }
  const json::Value& config() const override { return state_.scope.config; }
  std::int64_t now_ms() const override { return state_.now.ms; }
  std::string new_ulid() override { return state_.new_ulid(); }
  bool has_tool(std::string_view name) const override { return state_.scope.registry.find(name) != nullptr; }
  pack::Store& store() override { return state_.store; }
  Status emit(std::string_view kind, json::Value payload, pack::EmitOptions options) override {
    return state_.emit(kind, std::move(payload), std::move(options));
  }
  Result<pack::HttpResponse> fetch(const pack::HttpRequest& request) override {
    LUMENFLOW_TRY(check_named(request, state_.scope.config));
    return state_.scope.services.fetch(request, cancellation());
  }
  Status check_fetch(const pack::HttpRequest& request) const override {
    LUMENFLOW_TRY(check_named(request, state_.scope.config));
    return state_.scope.services.check_fetch(request);
  }
  std::vector<Result<pack::ProgramEnd>> run_programs(const std::vector<pack::ProgramRequest>& requests,
                                                     std::size_t) override {
    return no_programs(requests.size());
  }
  bool notify_operator(std::string_view line) override { return state_.scope.services.notify_operator(line); }
  Result<pack::Invoked> invoke(std::string_view tool, json::Value input, std::optional<std::string> key) override {
    return state_.invoke(within(), tool, std::move(input), key.value_or(std::string()));
  }
  Result<pack::Invoked> tasks(std::string_view step, json::Value input, std::optional<std::string> key) override {
    return state_.invoke(within(), "kernel:task_" + std::string(step), std::move(input), key.value_or(std::string()));
  }
  void progress(double fraction, std::string_view message) override {
    state_.progress(within().get(), fraction, message);
  }
  void log(std::string_view level, std::string_view message, json::Value fields) override {
    state_.log(within().get(), level, message, fields);
  }
  Status transact(const std::function<Status(pack::Store&)>& change) override {
    return state_.transact(within(), change);
  }
  Result<pack::Emitted> emit_now(std::string_view kind, json::Value payload, pack::EmitOptions options) override {
    return state_.emit_now(within(), kind, std::move(payload), std::move(options));
  }
  void wake(std::string_view timer, std::int64_t at_ms) override { state_.wakes.emplace_back(timer, at_ms); }
  void watch(std::vector<pack::Trigger> triggers) override { state_.watched = std::move(triggers); }

  pack::Turns* turns() override {
    if (!turns_) turns_.emplace(state_, within());
    return &*turns_;
  }

  HostState& state() { return state_; }
  const CallStore& store_writes() const { return state_.store; }
  std::vector<PendingEvent>& events() { return state_.events; }

 protected:
  virtual Cancellation* cancellation() { return nullptr; }
  template <class... Arguments>
  explicit HostContextOf(Arguments&&... arguments) : state_(std::forward<Arguments>(arguments)...) {}
  virtual std::shared_ptr<RunningCall> within() const { return nullptr; }  // null: it is no call
  HostState state_;

 private:
  std::optional<TurnsOf> turns_;
};

class CallContext final : public HostContextOf<pack::ToolContext> {
 public:
  CallContext(std::shared_ptr<RunningCall> call, const ContextScope& scope, const log::TableReader& base,
              LazySnapshot* snapshot, std::array<std::uint8_t, 16> entropy);

  const std::string& receipt_id() const override { return call_->receipt.str(); }
  const std::string& subject() const override { return call_->call.credential->subject.str(); }
  const std::string& tool() const override { return call_->tool->descriptor.name; }
  std::string confirmed_recovery() const override { return call_->call.recovery; }
  const json::Value* approved_summary() const override;
  std::string actor() const override;
  std::string session() const override { return call_->call.session; }
  bool cancelled() const override { return call_->cancelled && call_->cancelled->asked(); }
  bool may_ask(std::string_view method) const override;
  Result<std::vector<json::Value>> ask(const std::vector<pack::Question>& questions) override;
  Cancellation* cancellation() override { return call_->cancelled.get(); }
  pack::HostedRun* hosted() override { return hosted_ ? &*hosted_ : nullptr; }
  // What it may reach of the machine; null: nothing but what is in this process.
  void hosted_with(std::shared_ptr<const pack::EnforcedScopes> scopes);
  std::vector<Result<pack::ProgramEnd>> run_programs(const std::vector<pack::ProgramRequest>& requests,
                                                     std::size_t at_once) override;
  std::string isolation() const { return hosted_ ? hosted_->isolation() : std::string(); }

 private:
  std::shared_ptr<RunningCall> within() const override { return call_; }
  const std::shared_ptr<RunningCall> call_;  // shared with the strand's table
  std::optional<HostedRunOf> hosted_;
};

class TimerContext final : public HostContextOf<pack::HostContext> {
 public:
  TimerContext(const ContextScope& scope, LazySnapshot& snapshot, Timestamp now, std::array<std::uint8_t, 16> entropy)
      : HostContextOf(scope, snapshot, &snapshot, now, entropy) {}
  bool cancelled() const override { return state_.scope.services.draining(); }
};

class DeliveryContext final : public HostContextOf<pack::HandlerContext> {
 public:
  // `snapshot` is what `base` reads when that is not the strand's own view, else null.
  DeliveryContext(DeliveryPtr delivery, const ContextScope& scope, const log::TableReader& base, LazySnapshot* snapshot,
                  Timestamp now, std::array<std::uint8_t, 16> entropy)
      : HostContextOf(scope, base, snapshot, now, entropy),
        delivery_(std::move(delivery)),
        id_(delivery_->id()),
        hosted_(state_, nullptr, delivery_->cancelled) {}
  const std::string& delivery_id() const override { return id_; }
  int attempt() const override { return delivery_->attempts + 1; }
  pack::HostedRun* hosted() override { return &hosted_; }
  bool cancelled() const override { return delivery_->cancelled.asked() || state_.scope.services.draining(); }
  Cancellation* cancellation() override { return &delivery_->cancelled; }

 private:
  const DeliveryPtr delivery_;  // shared with the strand's queue
  const std::string id_;
  HostedRunOf hosted_;
};

}  // namespace lumenflow::kernel
