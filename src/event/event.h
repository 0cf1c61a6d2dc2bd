// Kernel events: the v2 envelope, its builder, and the kernel's own kinds. No other code assembles an envelope.
//
// Value types and pure functions; no clock, no randomness, no I/O. Thread safe because stateless.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"
#include "lumenflow/json.h"

namespace lumenflow::event {

enum class EventClass : std::uint8_t { kEphemeral, kQueue };
std::string_view name(EventClass event_class);  // "ephemeral", "queue"

// What the pure builder makes, before a stream stamps it.
struct Event {
  int schema_version = 2;
  std::string kind;
  std::string event_id;
  Timestamp timestamp;
  json::Value payload;  // flat kinds: the members that stand flat in the envelope, as an object; null: text only
  std::string canonical_payload;  // of `payload`, kept by the builder so that it is made once; empty: not made yet
};

// The id of an event with an idempotency key: lower-case hex SHA-256 of the canonical JSON of
// {idempotencyKey, kind, payload, timestamp}. INVALID_PAYLOAD when payload or key have no canonical form.
Result<std::string> content_event_id(std::string_view kind, const json::Value& payload,
                                     std::string_view idempotency_key, Timestamp timestamp);

struct BuildOptions {
  std::optional<std::string> idempotency_key;
  Timestamp timestamp;
  std::array<std::uint8_t, 16> entropy{};  // for the random id (UUID version 7) when there is no key
};

// A function of exactly its arguments. INVALID_PAYLOAD (not an object, no canonical form; for a flat kind also whatever
// validate_kernel_payload refuses, because its members stand among the envelope's), PAYLOAD_TOO_LARGE (canonical form
// over 256 KiB), UNKNOWN_KIND (malformed). Flat kernel kinds get schema_version 1.
Result<Event> build_kernel_event_v2(std::string_view kind, json::Value payload, const BuildOptions& options);

// The same of a payload that the caller wrote in canonical form, for what is emitted with every call: an event without
// a key, of a kind that is well formed and not flat (checked: aborts otherwise). It has no `payload` value.
Event build_from_canonical(std::string_view kind, std::string canonical_payload, const BuildOptions& options);

inline constexpr std::size_t kPayloadBytesMax = 256 * 1024;

// Where and when an event was put on a stream.
struct Stamp {
  std::string from;                        // the subject of the workspace, or of the device for inbound ones
  std::string stream;                      // the envelope's `channel`: sidecar, phone:<device_id>, bridge:<name>
  std::uint64_t seq = 0;                   // like queue_seq below 2^53: whoever takes one from outside checks that
  std::optional<std::uint64_t> queue_seq;  // queue-class events only
  Timestamp emitted_at;
  std::optional<std::string> on_behalf_of;
  std::optional<std::string> traceparent;
  std::optional<Timestamp> expires_at = {};  // of a command: from then on it is not to be carried out
};

// Appends the envelope as canonical JSON, keys in order, without an intermediate value. The event was built by this
// module, so it has a canonical form (abort otherwise); the stamp's strings are valid UTF-8.
void append_envelope(const Event& event, const Stamp& stamp, std::string& out);
json::Value envelope(const Event& event, const Stamp& stamp);

// Whether `kind` is `<slug>:<event_name_snake_case>`.
bool is_well_formed_kind(std::string_view kind);
// Whether it is one of the kernel's own schema_version 1 kinds, whose members stand beside the envelope's:
// task_created.
bool is_flat_kernel_kind(std::string_view kind);

// A kind of schemas/events/, where its meaning stands.
struct KnownKind {
  std::string_view kind;
  int schema_version;
  EventClass event_class;
  bool inbound;                     // comes from outside; the workspace never emits it
  std::string_view payload_schema;  // JSON Schema 2020-12, as text
};

// Both in byte order of their names. The kernel's may be subscribed to by packs, not emitted.
std::span<const KnownKind> kernel_kinds();
std::span<const KnownKind> first_party_kinds();

// Null when it is none of them.
const KnownKind* find_kernel_kind(std::string_view kind);
const KnownKind* find_first_party_kind(std::string_view kind);

// Whether the payload of a kernel kind is what its schema asks for. INVALID_PAYLOAD names each fault, UNKNOWN_KIND for
// what is no kernel kind. The schema is compiled when the kind is first asked about.
Status validate_kernel_payload(std::string_view kind, const json::Value& payload);

}  // namespace lumenflow::event
