#include "kernel/emitter.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/sha256.h"
#include "event/envelope_reader.h"
#include "json/canonical.h"
#include "kernel/secret_keeper.h"
#include "pack/automations.h"

namespace lumenflow::kernel {
namespace {

// What the first emission under a key fixed: its timestamp (8 bytes), the SHA-256 of its payload, its seq (8 bytes).
constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kEmissionBytes = 8 + kHashBytes + 8;
std::string encode_emission(Timestamp timestamp, const Hash256& payload_hash, std::uint64_t seq) {
  return journal::big_endian(static_cast<std::uint64_t>(timestamp.ms))
      .append(as_chars(payload_hash))
      .append(journal::big_endian(seq));
}

Hash256 key_of(const PendingEvent& event) {
  return sha256({event.kind, std::string_view("\0", 1), *event.options.idempotency_key});
}

Error conflict(const std::string& kind) {
  return Error(ErrorCode::kIdempotencyConflict,
               "event " + kind + " was emitted under this idempotency key with another payload");
}

}  // namespace

PendingEvent pending_event(const pack::Manifest& manifest, std::string_view name, json::Value payload,
                           pack::EmitOptions options) {
  PendingEvent event{std::string(name), std::move(payload), std::move(options)};
  if (manifest.backpressure_policy.contains(event.kind)) return event;
  if (const catalogue::EventType* type = pack::find_event_type(manifest, name)) {
    event.kind = type->kind;
    event.runtime_type = type->type;
  }
  return event;
}

namespace {

// A name with a dash behind its colon can be a runtime event type only.
Error unknown(const std::string& name, const std::string& pack) {
  const bool may_be_kind = name.find('-', std::min(name.find(':'), name.size())) == std::string::npos;
  std::string message = "Unknown kind at emit: '" + name + "' is not declared; ";
  if (may_be_kind)
    message +=
        "add '- " + name + "' under emitted_event_kinds of " + pack + "/manifest.yaml,\nor, for a runtime event, ";
  message += "declare the type in " + pack + "/content/event-types.json\nand run `lumenflow generate`";
  return Error(ErrorCode::kUnknownKind, std::move(message));
}

// What it does not like first; all of it is in the details, which not every pack's library shows.
Error invalid_payload(const std::string& name, std::vector<ErrorDetail> faults) {
  std::string message = "the payload of " + name + " does not match its schema: '" + faults.front().pointer + "' " +
                        faults.front().reason;
  return Error(ErrorCode::kInvalidPayload, std::move(message), std::move(faults));
}

// What is said on the bus keeps nothing: neither a key nor a time would have an effect.
Status check_runtime_event(const pack::Manifest& manifest, const PendingEvent& event) {
  const catalogue::EventType& type = *pack::find_event_type(manifest, event.runtime_type);
  if (type.kind.empty() && (event.options.idempotency_key || event.options.timestamp))
    return Error(ErrorCode::kInvalidRequest,
                 type.type +
                     " is said on the bus alone, where a key and a timestamp have no effect; "
                     "leave them out, or give it a 'kind' in content/event-types.json");
  if (type.validator == nullptr) return {};
  std::vector<ErrorDetail> faults = type.validator->validate(event.payload);
  if (faults.empty()) return {};
  return invalid_payload(type.type, std::move(faults));
}

}  // namespace

Result<std::size_t> check_emission(const pack::Manifest& manifest, const PendingEvent& event) {
  if (!event.runtime_type.empty()) LUMENFLOW_TRY(check_runtime_event(manifest, event));
  const bool on_bus_alone = event.kind.empty() && !event.runtime_type.empty();
  const auto policy = manifest.backpressure_policy.find(event.kind);
  if (!on_bus_alone && policy == manifest.backpressure_policy.end()) return unknown(event.kind, manifest.id);
  const auto schema = manifest.event_schemas.find(event.kind);
  if (schema != manifest.event_schemas.end()) {
    std::vector<ErrorDetail> faults = schema->second->validate(event.payload);
    if (!faults.empty()) return invalid_payload(event.kind, std::move(faults));
  }
  LUMENFLOW_TRY_ASSIGN(const std::string text, json::canonical(event.payload));
  if (text.size() > event::kPayloadBytesMax)
    return Error(ErrorCode::kPayloadTooLarge,
                 "the payload of " + event.name() + " is over 256 KiB; emit a reference instead");
  if (event.options.timestamp && !parse_rfc3339(*event.options.timestamp).ok())
    return Error(ErrorCode::kInvalidPayload, "the timestamp of " + event.kind + " is not RFC 3339");
  return text.size();
}

Error bus_is_full(const catalogue::EventType& type) {
  return Error(ErrorCode::kEventBufferOverflow,
               "the bus channel of " + type.type + " holds " + std::to_string(type.capacity) +
                   " events of a tick, its capacity, and nothing else keeps this one; say fewer at once, or give the "
                   "type a larger 'capacity' or a 'kind' in content/event-types.json");
}

Status Emitter::load() {
  LUMENFLOW_TRY_ASSIGN(const auto value, log_.tables().get(journal::kStreamsTable, kSidecarStream));
  const auto head = value ? journal::decode_stream_head(*value) : journal::StreamHead{};
  if (!head) return Error(ErrorCode::kJournalDamaged, "the head of stream 'sidecar' is malformed");
  head_ = *head;
  dirty_ = false;
  queued_.clear();
  return keys_.load();
}

Result<Emission> Emitter::emit(PendingEvent event, event::EventClass event_class, Timestamp now, const Call& cause) {
  if (auto masked = payload_without_secrets(event.payload)) event.payload = *std::move(masked);
  event::BuildOptions options;
  options.timestamp = now;
  if (event.options.timestamp) {
    LUMENFLOW_TRY_ASSIGN(options.timestamp, parse_rfc3339(*event.options.timestamp));
  }
  if (!event.options.idempotency_key) {
    options.entropy = random_.draw16();
    LUMENFLOW_TRY_ASSIGN(const event::Event built,
                         event::build_kernel_event_v2(event.kind, std::move(event.payload), options));
    std::string entry = stamp(built, event_class, now, cause);
    return Emission{std::move(entry), {built.event_id, format_rfc3339(built.timestamp), head_.seq}};
  }

  options.idempotency_key = event.options.idempotency_key;
  const Hash256 key = key_of(event);
  LUMENFLOW_TRY_ASSIGN(const Hash256 payload_hash, json::canonical_sha256(event.payload));
  LUMENFLOW_TRY_ASSIGN(const std::optional<First> first, known(event, key, payload_hash, now));
  if (first) options.timestamp = first->timestamp;
  LUMENFLOW_TRY_ASSIGN(const event::Event built,
                       event::build_kernel_event_v2(event.kind, std::move(event.payload), options));
  pack::Emitted emitted{built.event_id, format_rfc3339(built.timestamp), first ? first->seq : head_.seq + 1};
  if (first) return Emission{std::nullopt, std::move(emitted)};
  LUMENFLOW_TRY(keys_.put(key, encode_emission(options.timestamp, payload_hash, emitted.seq), now + window_));
  LUMENFLOW_TRY(keys_.expire(now));
  return Emission{stamp(built, event_class, now, cause), std::move(emitted)};
}

std::string Emitter::emit_canonical(std::string_view kind, std::string canonical_payload, event::EventClass event_class,
                                    Timestamp now, const Call& cause) {
  event::BuildOptions options;
  options.timestamp = now;
  options.entropy = random_.draw16();
  return stamp(event::build_from_canonical(kind, std::move(canonical_payload), options), event_class, now, cause);
}

Result<std::string> Emitter::emit_again(std::string_view entry, Timestamp now) {
  LUMENFLOW_TRY_ASSIGN(const json::Value value, journal::decode(entry));
  const json::Value* envelope = value.find("event");
  if (envelope == nullptr) return Error(ErrorCode::kNotFound, "this entry is no event");
  LUMENFLOW_TRY_ASSIGN(const event::Received received, event::read_envelope(*envelope));
  const bool queue = json::string_or(value, "class", "") == event::name(event::EventClass::kQueue);
  Call cause;
  cause.traceparent = received.stamp.traceparent.value_or("");
  return stamp(received.event, queue ? event::EventClass::kQueue : event::EventClass::kEphemeral, now, cause);
}

Result<std::optional<Emitter::First>> Emitter::known(const PendingEvent& event, const Hash256& key,
                                                     const Hash256& payload_hash, Timestamp now) {
  LUMENFLOW_TRY_ASSIGN(const auto record, keys_.find(key, now));
  if (!record) return std::optional<First>();
  const std::string_view bytes = *record;
  if (bytes.size() != kEmissionBytes)
    return Error(ErrorCode::kJournalDamaged, "the record of an event's idempotency key is malformed");
  if (bytes.substr(8, kHashBytes) != as_chars(payload_hash)) return conflict(event.kind);
  return std::optional(First{Timestamp{static_cast<std::int64_t>(*journal::from_big_endian(bytes.substr(0, 8)))},
                             *journal::from_big_endian(bytes.substr(8 + kHashBytes))});
}

std::string Emitter::stamp(const event::Event& event, event::EventClass event_class, Timestamp now, const Call& cause) {
  dirty_ = true;
  event::Stamp stamp;
  stamp.from = from_;
  stamp.stream = kSidecarStream;
  stamp.seq = ++head_.seq;
  if (noticed_) noticed_(event, stamp.seq, cause);
  if (event_class == event::EventClass::kQueue) {
    stamp.queue_seq = ++head_.queue_seq;
    queued_.push_back({head_.seq, head_.queue_seq, 0, now});
  }
  stamp.emitted_at = now;
  if (cause.credential && !cause.credential->on_behalf_of.empty()) stamp.on_behalf_of = cause.credential->on_behalf_of;
  if (!cause.traceparent.empty()) stamp.traceparent = cause.traceparent;
  return journal::encode_event(event, stamp, event_class);
}

Status Emitter::check_key(const PendingEvent& event, Timestamp now) {
  if (!event.options.idempotency_key) return {};
  LUMENFLOW_TRY_ASSIGN(const Hash256 payload_hash, json::canonical_sha256(event.payload));
  LUMENFLOW_TRY(known(event, key_of(event), payload_hash, now));
  return {};
}

Status Emitter::flush() {
  if (!dirty_) return {};
  LUMENFLOW_TRY(log_.put(journal::kStreamsTable, kSidecarStream, journal::encode(head_)));
  dirty_ = false;
  return {};
}

}  // namespace lumenflow::kernel
