#include "kernel/emitter.h"

#include <algorithm>

#include "json/canonical.h"

namespace lumenflow::kernel {
namespace {

// What the first emission under a key fixed; value of kEventKeysTable, keyed by kind, NUL, key.
struct KeyRecord {
  Timestamp expires;
  Timestamp timestamp;
  Hash256 payload_hash{};
};

std::string encode(const KeyRecord& record) {
  return journal::big_endian(static_cast<std::uint64_t>(record.expires.ms)) +
         journal::big_endian(static_cast<std::uint64_t>(record.timestamp.ms)) +
         std::string(record.payload_hash.begin(), record.payload_hash.end());
}

std::optional<KeyRecord> decode(std::string_view value) {
  if (value.size() != 48) return std::nullopt;
  KeyRecord record;
  record.expires = {static_cast<std::int64_t>(*journal::from_big_endian(value.substr(0, 8)))};
  record.timestamp = {static_cast<std::int64_t>(*journal::from_big_endian(value.substr(8, 8)))};
  value.substr(16).copy(reinterpret_cast<char*>(record.payload_hash.data()), 32);
  return record;
}

Error conflict(const std::string& kind) {
  return Error(ErrorCode::kIdempotencyConflict,
               "event " + kind + " was emitted under this idempotency key with another payload");
}

}  // namespace

Status check_emission(const pack::Manifest& manifest, const PendingEvent& event) {
  const auto policy = manifest.backpressure_policy.find(event.kind);
  if (policy == manifest.backpressure_policy.end())
    return Error(ErrorCode::kUnknownKind, "Unknown kind at emit: '" + event.kind + "' is not declared; add '- " +
                                              event.kind + "' under emitted_event_kinds of " + manifest.id +
                                              "/manifest.yaml");
  const auto schema = manifest.event_schemas.find(event.kind);
  if (schema != manifest.event_schemas.end()) {
    std::vector<ErrorDetail> faults = schema->second->validate(event.payload);
    if (!faults.empty())
      return Error(ErrorCode::kInvalidPayload, "the payload of " + event.kind + " does not match its schema",
                   std::move(faults));
  }
  LUMENFLOW_TRY_ASSIGN(const std::string text, json::canonical(event.payload));
  if (text.size() > event::kPayloadBytesMax)
    return Error(ErrorCode::kPayloadTooLarge,
                 "the payload of " + event.kind + " is over 256 KiB; emit a reference instead");
  if (event.options.timestamp && !parse_rfc3339(*event.options.timestamp).ok())
    return Error(ErrorCode::kInvalidPayload, "the timestamp of " + event.kind + " is not RFC 3339");
  return {};
}

Status Emitter::load() {
  LUMENFLOW_TRY_ASSIGN(const auto value, log_.tables().get(journal::kStreamsTable, kSidecarStream));
  const auto head = value ? journal::decode_stream_head(*value) : journal::StreamHead{};
  if (!head) return Error(ErrorCode::kJournalDamaged, "the head of stream 'sidecar' is malformed");
  head_ = *head;
  dirty_ = false;
  return {};
}

Result<std::optional<std::string>> Emitter::emit(PendingEvent event, event::EventClass event_class, Timestamp now,
                                                 const Call& cause) {
  event::BuildOptions options;
  options.timestamp = now;
  if (event.options.timestamp) {
    LUMENFLOW_TRY_ASSIGN(options.timestamp, parse_rfc3339(*event.options.timestamp));
  }
  if (!event.options.idempotency_key) {
    options.entropy = random_.draw16();
    LUMENFLOW_TRY_ASSIGN(const event::Event built,
                         event::build_kernel_event_v2(event.kind, std::move(event.payload), options));
    return std::optional(stamp(built, event_class, now, cause));
  }

  options.idempotency_key = event.options.idempotency_key;
  const std::string key = journal::store_key(event.kind, *options.idempotency_key);
  LUMENFLOW_TRY_ASSIGN(const Hash256 payload_hash, json::canonical_sha256(event.payload));
  LUMENFLOW_TRY_ASSIGN(const auto value, log_.tables().get(journal::kEventKeysTable, key));
  const std::optional<KeyRecord> known = value ? decode(*value) : std::nullopt;
  if (known && known->expires > now) {
    if (known->payload_hash == payload_hash) return std::optional<std::string>();
    return conflict(event.kind);
  }
  LUMENFLOW_TRY_ASSIGN(const event::Event built,
                       event::build_kernel_event_v2(event.kind, std::move(event.payload), options));
  const KeyRecord record{now + window_, options.timestamp, payload_hash};
  LUMENFLOW_TRY(log_.put(journal::kEventKeysTable, key, encode(record)));
  return std::optional(stamp(built, event_class, now, cause));
}

std::string Emitter::emit_canonical(std::string_view kind, std::string canonical_payload, event::EventClass event_class,
                                    Timestamp now, const Call& cause) {
  event::BuildOptions options;
  options.timestamp = now;
  options.entropy = random_.draw16();
  return stamp(event::build_from_canonical(kind, std::move(canonical_payload), options), event_class, now, cause);
}

std::string Emitter::stamp(const event::Event& event, event::EventClass event_class, Timestamp now, const Call& cause) {
  dirty_ = true;
  event::Stamp stamp;
  stamp.from = from_;
  stamp.stream = kSidecarStream;
  stamp.seq = ++head_.seq;
  if (event_class == event::EventClass::kQueue) stamp.queue_seq = ++head_.queue_seq;
  stamp.emitted_at = now;
  if (cause.credential && !cause.credential->on_behalf_of.empty()) stamp.on_behalf_of = cause.credential->on_behalf_of;
  if (!cause.traceparent.empty()) stamp.traceparent = cause.traceparent;
  return journal::encode_event(event, stamp, event_class);
}

Status Emitter::check_key(const PendingEvent& event, Timestamp now) const {
  if (!event.options.idempotency_key) return {};
  const std::string key = journal::store_key(event.kind, *event.options.idempotency_key);
  LUMENFLOW_TRY_ASSIGN(const auto value, log_.tables().get(journal::kEventKeysTable, key));
  const std::optional<KeyRecord> known = value ? decode(*value) : std::nullopt;
  if (!known || known->expires <= now) return {};
  LUMENFLOW_TRY_ASSIGN(const Hash256 payload_hash, json::canonical_sha256(event.payload));
  return known->payload_hash == payload_hash ? Status() : Status(conflict(event.kind));
}

Status Emitter::flush() {
  if (!dirty_) return {};
  LUMENFLOW_TRY(log_.put(journal::kStreamsTable, kSidecarStream, journal::encode(head_)));
  dirty_ = false;
  return {};
}

}  // namespace lumenflow::kernel
