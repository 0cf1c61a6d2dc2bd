#include "kernel/call_context.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/logging.h"
#include "base/secret_shapes.h"
#include "journal/tables.h"
#include "pack/automations.h"

namespace lumenflow::kernel {
namespace {

constexpr std::size_t kKeyBytesMax = 512;
constexpr std::size_t kLineBytesMax = 2'048;      // of what a pack has to say
constexpr std::size_t kTextBytesMax = 16 * 1024;  // of a piece, as long as a notice takes

Status check_key(std::string_view key) {
  if (key.empty() || key.size() > kKeyBytesMax || !is_valid_utf8(key) || key.find('\0') != std::string_view::npos)
    return Error(ErrorCode::kInvalidInput, "a store key is 1 to 512 bytes of UTF-8 without NUL");
  return {};
}

void say_progress(const HostServices& services, const RunningCall& call, double fraction, std::string message) {
  CallNotice notice;
  notice.fraction = fraction >= 0 ? std::min(fraction, 1.0) : 0;  // what is no number is none
  notice.message = std::move(message);
  services.say(call, std::move(notice));
}

void say_line(const HostServices& services, const RunningCall& call, std::string_view level, std::string line) {
  CallNotice notice;
  notice.kind = CallNotice::Kind::kLog;
  notice.level = level;
  notice.message = std::move(line);
  services.say(call, std::move(notice));
}

Result<json::Value> stored_json(std::string_view text) {
  Result<json::Value> value = json::parse(text, {.depth_max = 256});
  if (!value.ok()) return Error(ErrorCode::kJournalDamaged, "a stored value is not JSON");
  return value;
}

}  // namespace

Result<const log::Snapshot*> LazySnapshot::taken() const {
  if (taken_ == nullptr) {
    LUMENFLOW_TRY_ASSIGN(taken_, log_.snapshot());
  }
  return static_cast<const log::Snapshot*>(taken_.get());
}

Result<std::optional<std::string>> LazySnapshot::get(std::string_view table, std::string_view key) const {
  LUMENFLOW_TRY_ASSIGN(const log::Snapshot* const snapshot, taken());
  return snapshot->get(table, key);
}

Result<std::vector<log::KeyValue>> LazySnapshot::scan(std::string_view table, std::string_view prefix,
                                                      std::string_view after, std::size_t limit) const {
  LUMENFLOW_TRY_ASSIGN(const log::Snapshot* const snapshot, taken());
  return snapshot->scan(table, prefix, after, limit);
}

Result<std::vector<log::KeyValue>> LazySnapshot::scan_descending(std::string_view table, std::string_view prefix,
                                                                 std::string_view before, std::size_t limit) const {
  LUMENFLOW_TRY_ASSIGN(const log::Snapshot* const snapshot, taken());
  return snapshot->scan_descending(table, prefix, before, limit);
}

Result<std::optional<json::Value>> CallStore::get(std::string_view key) {
  const std::string full = journal::store_key(pack_, key);
  std::optional<std::string> text;
  if (const auto own = writes_.find(full); own != writes_.end()) {
    text = own->second;
  } else {
    LUMENFLOW_TRY_ASSIGN(text, base_.get(journal::kStoreTable, full));
    reads_.emplace(full, text);
  }
  if (!text) return std::optional<json::Value>();
  LUMENFLOW_TRY_ASSIGN(json::Value value, stored_json(*text));
  return std::optional(std::move(value));
}

void CallStore::replay(std::map<std::string, std::optional<std::string>> writes,
                       std::map<std::string, std::optional<std::string>> reads, bool read_ranges) {
  writes_ = std::move(writes);
  reads_ = std::move(reads);
  read_ranges_ = read_ranges;
}

Status CallStore::put(std::string_view key, json::Value value) {
  LUMENFLOW_TRY(check_key(key));
  writes_[journal::store_key(pack_, key)] = json::serialize(value);
  return {};
}

Status CallStore::erase(std::string_view key) {
  LUMENFLOW_TRY(check_key(key));
  writes_[journal::store_key(pack_, key)] = std::nullopt;
  return {};
}

// Merges the call's own writes into what `scan` pages out of the base. `bound` is exclusive and empty for none.
template <class Scan>
Result<std::vector<pack::StoreItem>> CallStore::merged(std::string_view prefix, std::string_view bound,
                                                       std::size_t limit, bool ascending, Scan scan) {
  read_ranges_ = true;
  const std::string full_prefix = journal::store_key(pack_, prefix);
  std::map<std::string, std::optional<std::string>> found;
  const auto in_range = [&](const std::string& key) {
    const std::string_view own = std::string_view(key).substr(pack_.size() + 1);
    return key.starts_with(full_prefix) && (bound.empty() || (ascending ? own > bound : own < bound));
  };
  // Each erased key can hide one base item, so that many more are asked for.
  LUMENFLOW_TRY_ASSIGN(
      std::vector<log::KeyValue> base,
      scan(full_prefix, bound.empty() ? std::string() : journal::store_key(pack_, bound), limit + writes_.size()));
  const bool base_exhausted = base.size() < limit + writes_.size();
  const std::string last = base.empty() ? std::string() : base.back().key;
  for (log::KeyValue& item : base) found.emplace(std::move(item.key), std::move(item.value));
  for (const auto& [key, text] : writes_)
    if (in_range(key) && (base_exhausted || (ascending ? key <= last : key >= last))) found[key] = text;

  std::vector<pack::StoreItem> items;
  const auto take = [&](const std::string& key, const std::optional<std::string>& text) -> Status {
    if (!text || items.size() == limit) return {};
    LUMENFLOW_TRY_ASSIGN(json::Value value, stored_json(*text));
    items.push_back({key.substr(pack_.size() + 1), std::move(value)});
    return {};
  };
  if (ascending) {
    for (const auto& [key, text] : found) LUMENFLOW_TRY(take(key, text));
  } else {
    for (auto it = found.rbegin(); it != found.rend(); ++it) LUMENFLOW_TRY(take(it->first, it->second));
  }
  return items;
}

Result<std::vector<pack::StoreItem>> CallStore::scan(std::string_view prefix, std::string_view after,
                                                     std::size_t limit) {
  return merged(prefix, after, limit, true,
                [this](const std::string& full_prefix, const std::string& bound, std::size_t n) {
                  return base_.scan(journal::kStoreTable, full_prefix, bound, n);
                });
}

Result<std::vector<pack::StoreItem>> CallStore::scan_descending(std::string_view prefix, std::string_view before,
                                                                std::size_t limit) {
  return merged(prefix, before, limit, false,
                [this](const std::string& full_prefix, const std::string& bound, std::size_t n) {
                  return base_.scan_descending(journal::kStoreTable, full_prefix, bound, n);
                });
}

HostState::HostState(const ContextScope& scope_, const log::TableReader& base, LazySnapshot* snapshot, Timestamp now_,
                     std::array<std::uint8_t, 16> entropy)
    : scope(scope_), now(now_), store(base, scope_.pack_id), snapshot_(snapshot), next_id_(make_ulid(now_, entropy)) {}

std::string HostState::new_ulid() {
  std::string id = next_id_.str();
  next_id_ = next_ulid(next_id_);
  return id;
}

Status HostState::check_new(const PendingEvent& event) {
  if (scope.manifest == nullptr) return Error(ErrorCode::kUnknownKind, "kernel tools emit no events of their own");
  LUMENFLOW_TRY_ASSIGN(const std::size_t payload_bytes, check_emission(*scope.manifest, event));
  const auto policy = scope.manifest->backpressure_policy.find(event.kind);
  if (policy == scope.manifest->backpressure_policy.end() || policy->second != event::EventClass::kQueue) return {};
  const HostServices::OutboxRoom room = scope.services.outbox_room();
  if (queued.events >= room.events || queued.bytes + payload_bytes > room.bytes)
    return Error(ErrorCode::kOutboxFull,
                 "the outbox is full, so that " + event.kind +
                     " would never leave; see `lumenflow outbox stats`, and uplink.outbox in lumenflow.yaml");
  ++queued.events;
  queued.bytes += payload_bytes;
  return {};
}

// What one run says of a type that only the bus carries is in one tick: what is over its capacity would be lost.
Status HostState::check_bus_room(const PendingEvent& event) const {
  if (!event.kind.empty() || event.runtime_type.empty()) return {};
  const catalogue::EventType& type = *pack::find_event_type(*scope.manifest, event.runtime_type);
  if (events.size() < type.capacity) return {};
  if (std::ranges::count(events, type.type, &PendingEvent::runtime_type) < type.capacity) return {};
  return bus_is_full(type);
}

// An event is kept, sent and recorded: what its schema calls `writeOnly` is in none of them, as it is of inputs.
void HostState::seal(PendingEvent& event) const {
  const auto seal_by = [&](const json::Schema* schema) {
    if (schema != nullptr && schema->has_write_only()) event.payload = scope.services.sealed_by(*schema, event.payload);
  };
  if (!event.runtime_type.empty())
    return seal_by(pack::find_event_type(*scope.manifest, event.runtime_type)->validator.get());
  const auto schema = scope.manifest->event_schemas.find(event.kind);
  if (schema != scope.manifest->event_schemas.end()) seal_by(schema->second.get());
}

PendingEvent HostState::pending(std::string_view kind, json::Value payload, pack::EmitOptions options) const {
  if (scope.manifest != nullptr) return pending_event(*scope.manifest, kind, std::move(payload), std::move(options));
  return {std::string(kind), std::move(payload), std::move(options)};
}

Status HostState::emit(std::string_view kind, json::Value payload, pack::EmitOptions options) {
  PendingEvent event = pending(kind, std::move(payload), std::move(options));
  LUMENFLOW_TRY(check_new(event));
  LUMENFLOW_TRY(check_bus_room(event));
  seal(event);
  for (const PendingEvent& earlier : events)
    if (event.options.idempotency_key && earlier.kind == event.kind &&
        earlier.options.idempotency_key == event.options.idempotency_key && !(earlier.payload == event.payload))
      return Error(ErrorCode::kIdempotencyConflict,
                   "event " + event.kind + " was emitted by this call with another payload");
  events.push_back(std::move(event));
  return {};
}

Result<pack::Emitted> HostState::emit_now(const std::shared_ptr<RunningCall>& call, std::string_view kind,
                                          json::Value payload, pack::EmitOptions options) {
  PendingEvent event = pending(kind, std::move(payload), std::move(options));
  LUMENFLOW_TRY(check_new(event));
  seal(event);
  pack::Emitted emitted;
  const auto put = [&](pack::Store&) -> Status {
    events.push_back(std::move(event));
    return {};
  };
  LUMENFLOW_TRY(transact(call, put, &emitted));
  return emitted;
}

Status HostState::transact(const std::shared_ptr<RunningCall>& call, const HostServices::Change& change,
                           pack::Emitted* emitted) {
  if (snapshot_ == nullptr || (call && call->tool->traits.store_only))
    return Error(ErrorCode::kInternal, "what a store-only tool writes commits with its result");
  Status status = scope.services.transact(*this, call, change, emitted);
  snapshot_->release();  // the next read sees it
  return status;
}

Result<pack::Invoked> HostState::invoke(const std::shared_ptr<RunningCall>& call, std::string_view tool,
                                        json::Value input, const std::string& idempotency_key) {
  LUMENFLOW_TRY_ASSIGN(const CallResult result, scope.services.invoke(call, tool, std::move(input), idempotency_key));
  if (snapshot_ != nullptr) snapshot_->release();  // what that call has changed is seen
  LUMENFLOW_TRY_ASSIGN(const json::Value body, json::parse(result.body, {.depth_max = 256}));
  pack::Invoked invoked = pack::read_result(body);
  invoked.outcome = journal::name(result.outcome);
  return invoked;
}

void HostState::log(const RunningCall* call, std::string_view level, std::string_view message,
                    const json::Value& fields) const {
  std::string line(message);
  if (fields.is_object() && !fields.as_object().empty()) line += " " + json::serialize(fields);
  const auto masked = [](std::string_view) { return std::string("***"); };
  if (auto without = replace_secrets(line, SecretSearch::kAssignments, masked)) line = *std::move(without);
  write_log(parse_log_level(level).value_or(LogLevel::kInfo), "pack", "a pack says",
            {{"pack", std::string(scope.pack_id)}, {"line", std::string(clip_utf8(line, kLineBytesMax))}});
  if (call != nullptr) say_line(scope.services, *call, level, std::move(line));
}

void HostState::progress(const RunningCall* call, double fraction, std::string_view message) const {
  log(nullptr, "debug", message, json::Object{{"progress", fraction}});
  if (call != nullptr) say_progress(scope.services, *call, fraction, std::string(message));
}

void HostState::say(const RunningCall* call, std::string_view piece) const {
  while (call != nullptr && !piece.empty()) {
    CallNotice notice;
    notice.kind = CallNotice::Kind::kText;
    notice.message = clip_utf8(piece, kTextBytesMax);
    if (notice.message.empty()) return;  // no UTF-8
    piece.remove_prefix(notice.message.size());
    scope.services.say(*call, std::move(notice));
  }
}

void HostState::note(const RunningCall* call, std::string_view name, const json::Value& data) const {
  if (call == nullptr) return;
  CallNotice notice;
  notice.kind = CallNotice::Kind::kNote;
  notice.note = name;
  notice.data = data;
  scope.services.say(*call, std::move(notice));
}

CallContext::CallContext(std::shared_ptr<RunningCall> call, const ContextScope& scope, const log::TableReader& base,
                         LazySnapshot* snapshot, std::array<std::uint8_t, 16> entropy)
    : HostContextOf(scope, base, snapshot, call->arrived, entropy), call_(std::move(call)) {}

void CallContext::hosted_with(std::shared_ptr<const pack::EnforcedScopes> scopes) {
  if (scopes == nullptr) return;
  hosted_.emplace(state_, call_, *call_->cancelled);
  hosted_->scoped(std::move(scopes));
}

const json::Value* CallContext::approved_summary() const {
  return call_->parked == nullptr || !call_->summary ? nullptr : call_->summary->find("data");
}

std::string CallContext::actor() const { return actor_of(call_->call); }

bool CallContext::may_ask(std::string_view method) const {
  return call_->call.asker && !call_->tool->traits.store_only && call_->call.asker->may_ask(method);
}

Result<std::vector<json::Value>> CallContext::ask(const std::vector<pack::Question>& questions) {
  if (call_->tool->traits.store_only)
    return Error(ErrorCode::kInvalidRequest, "a store-only tool may run on the strand, so it waits for nobody");
  if (!call_->call.asker || questions.empty()) return HostContextOf::ask(questions);
  return state_.scope.services.ask_caller(call_, questions);
}

std::vector<Result<pack::ProgramEnd>> no_programs(std::size_t count) {
  return {count, Error(ErrorCode::kScopeDenied, "programs run within a call, of a tool that says so (ToolTraits)")};
}

std::vector<Result<pack::ProgramEnd>> CallContext::run_programs(const std::vector<pack::ProgramRequest>& requests,
                                                                std::size_t at_once) {
  if (!hosted_) return no_programs(requests.size());
  return state_.scope.services.run_programs(*hosted_, requests, at_once);
}

const pack::EnforcedScopes& HostedRunOf::scopes() const {
  static const pack::EnforcedScopes nothing;
  return scopes_ == nullptr ? nothing : *scopes_;
}

const std::string& HostedRunOf::idempotency_key() const {
  static const std::string none;
  return call_ == nullptr ? none : call_->call.idempotency_key;
}

std::optional<std::chrono::nanoseconds> HostedRunOf::time_left() const {
  if (call_ == nullptr || !call_->deadline) return std::nullopt;
  return *call_->deadline - state_.scope.services.monotonic();
}

Result<std::string> HostedRunOf::invoke(std::string_view tool, json::Value input, std::string_view idempotency_key) {
  LUMENFLOW_TRY_ASSIGN(CallResult result, state_.scope.services.invoke(call_, tool, std::move(input), idempotency_key));
  return std::move(result.body);
}

void HostedRunOf::progressed(double fraction, std::string message) {
  if (call_ != nullptr) say_progress(state_.scope.services, *call_, fraction, std::move(message));
}

void HostedRunOf::logged(std::string_view level, std::string message) {
  if (call_ != nullptr) say_line(state_.scope.services, *call_, level, std::move(message));
}

// The keys belong to the strand.
Result<bool> HostedRunOf::was_handled(std::string_view kind, std::string_view replay_key) {
  Result<bool> answer = false;
  LUMENFLOW_TRY(state_.transact(call_, [&](pack::Store&) -> Status {
    answer = state_.scope.services.was_handled(state_.scope.pack_id, kind, replay_key);
    return {};
  }));
  return answer;
}

}  // namespace lumenflow::kernel
