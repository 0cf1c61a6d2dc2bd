// One call or one run of a timer, as the pack sees it: identity, clock, ids, the pack's store and emission, buffered
// until it ends, and what the host does for it.
//
// Used by one thread at a time: the strand's, or the executor thread that runs it.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ulid.h"
#include "kernel/emitter.h"
#include "kernel/host_services.h"
#include "kernel/running_call.h"
#include "kernel/subscriptions.h"
#include "log/log.h"
#include "lumenflow/pack.h"
#include "pack/hosted_run.h"

namespace lumenflow::kernel {

// What was durable when it was first read. Most tools read nothing, and for them no snapshot is taken. A read later
// than the call's launch is safe: what a store transaction read is compared with the journal before its writes are
// recorded.
class LazySnapshot final : public log::TableReader {
 public:
  explicit LazySnapshot(const log::Log& log) : log_(log) {}

  Result<std::optional<std::string>> get(std::string_view table, std::string_view key) const override;
  Result<std::vector<log::KeyValue>> scan(std::string_view table, std::string_view prefix, std::string_view after,
                                          std::size_t limit) const override;
  Result<std::vector<log::KeyValue>> scan_descending(std::string_view table, std::string_view prefix,
                                                     std::string_view before, std::size_t limit) const override;
  // Gives back what it holds of the log; what is read after sees what is durable then.
  void release() { taken_.reset(); }

 private:
  Result<const log::Snapshot*> taken() const;
  const log::Log& log_;
  mutable std::unique_ptr<log::Snapshot> taken_;
};

// The pack's store during one call: reads go through to `base`, writes are kept and applied with the call's result.
class CallStore final : public pack::Store {
 public:
  CallStore(const log::TableReader& base, std::string_view pack_id) : base_(base), pack_(pack_id) {}

  Result<std::optional<json::Value>> get(std::string_view key) override;
  Status put(std::string_view key, json::Value value) override;
  Status erase(std::string_view key) override;
  Result<std::vector<pack::StoreItem>> scan(std::string_view prefix, std::string_view after,
                                            std::size_t limit) override;
  Result<std::vector<pack::StoreItem>> scan_descending(std::string_view prefix, std::string_view before,
                                                       std::size_t limit) override;

  // Table key -> JSON text, or nothing for an erasure; in key order, so that equal calls write equal bytes.
  const std::map<std::string, std::optional<std::string>>& writes() const { return writes_; }
  // What was read of the base: single keys with what they held, and whether ranges were read.
  const std::map<std::string, std::optional<std::string>>& reads() const { return reads_; }
  bool read_ranges() const { return read_ranges_; }

 private:
  template <class Scan>
  Result<std::vector<pack::StoreItem>> merged(std::string_view prefix, std::string_view bound, std::size_t limit,
                                              bool ascending, Scan scan);
  const log::TableReader& base_;
  const std::string pack_;
  std::map<std::string, std::optional<std::string>> writes_;
  std::map<std::string, std::optional<std::string>> reads_;
  bool read_ranges_ = false;
};

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

  const ContextScope scope;
  const Timestamp now;
  CallStore store;
  std::vector<PendingEvent> events;
  HostServices::OutboxRoom queued{0, 0};                    // what of them goes into the outbox
  std::vector<std::pair<std::string, std::int64_t>> wakes;  // timer, milliseconds since 1970
  std::optional<std::vector<pack::Trigger>> watched;        // instead of what the pack watched before

 private:
  Status check_new(const PendingEvent& event);
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
  void when_cancelled(std::function<void()> listener) override { cancelled_.listen(std::move(listener)); }
  void held_by(std::string isolation) override { isolation_ = std::move(isolation); }
  Result<bool> was_handled(std::string_view kind, std::string_view replay_key) override;
  Result<std::string> invoke(std::string_view tool, json::Value input, std::string_view idempotency_key) override;

 private:
  HostState& state_;
  const std::shared_ptr<RunningCall> call_;  // shared with the strand's table
  Cancellation& cancelled_;
  std::shared_ptr<const pack::EnforcedScopes> scopes_;  // shared with the kernel's table
  std::string isolation_;
};

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
    return state_.scope.services.fetch(request);
  }
  Status check_fetch(const pack::HttpRequest& request) const override {
    return state_.scope.services.check_fetch(request);
  }
  bool notify_operator(std::string_view line) override { return state_.scope.services.notify_operator(line); }
  void wake(std::string_view timer, std::int64_t at_ms) override { state_.wakes.emplace_back(timer, at_ms); }
  void watch(std::vector<pack::Trigger> triggers) override { state_.watched = std::move(triggers); }

  HostState& state() { return state_; }
  const CallStore& store_writes() const { return state_.store; }
  std::vector<PendingEvent>& events() { return state_.events; }

 protected:
  template <class... Arguments>
  explicit HostContextOf(Arguments&&... arguments) : state_(std::forward<Arguments>(arguments)...) {}
  HostState state_;
};

class CallContext final : public HostContextOf<pack::ToolContext> {
 public:
  CallContext(std::shared_ptr<RunningCall> call, const ContextScope& scope, const log::TableReader& base,
              LazySnapshot* snapshot, std::array<std::uint8_t, 16> entropy);

  const std::string& receipt_id() const override { return call_->receipt.str(); }
  const std::string& subject() const override { return call_->call.credential->subject.str(); }
  const std::string& tool() const override { return call_->tool->descriptor.name; }
  bool cancelled() const override { return call_->cancelled && call_->cancelled->asked(); }
  pack::HostedRun* hosted() override { return hosted_ ? &*hosted_ : nullptr; }
  // Null: the tool's code is in this process.
  void hosted_with(std::shared_ptr<const pack::EnforcedScopes> scopes);
  std::string isolation() const { return hosted_ ? hosted_->isolation() : std::string(); }
  Status transact(const std::function<Status(pack::Store&)>& change) override { return state_.transact(call_, change); }
  Result<pack::Emitted> emit_now(std::string_view kind, json::Value payload, pack::EmitOptions options) override {
    return state_.emit_now(call_, kind, std::move(payload), std::move(options));
  }

 private:
  const std::shared_ptr<RunningCall> call_;  // shared with the strand's table
  std::optional<HostedRunOf> hosted_;
};

class TimerContext final : public HostContextOf<pack::HostContext> {
 public:
  TimerContext(const ContextScope& scope, LazySnapshot& snapshot, Timestamp now, std::array<std::uint8_t, 16> entropy)
      : HostContextOf(scope, snapshot, &snapshot, now, entropy) {}
  bool cancelled() const override { return state_.scope.services.draining(); }
  Status transact(const std::function<Status(pack::Store&)>& change) override {
    return state_.transact(nullptr, change);
  }
  Result<pack::Emitted> emit_now(std::string_view kind, json::Value payload, pack::EmitOptions options) override {
    return state_.emit_now(nullptr, kind, std::move(payload), std::move(options));
  }
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
  Status transact(const std::function<Status(pack::Store&)>& change) override {
    return state_.transact(nullptr, change);
  }
  Result<pack::Emitted> emit_now(std::string_view kind, json::Value payload, pack::EmitOptions options) override {
    return state_.emit_now(nullptr, kind, std::move(payload), std::move(options));
  }

 private:
  const DeliveryPtr delivery_;  // shared with the strand's queue
  const std::string id_;
  HostedRunOf hosted_;
};

}  // namespace lumenflow::kernel
