#include "event/event.h"

#include <utility>

#include "base/check.h"
#include "base/encoding.h"
#include "base/sha256.h"
#include "base/ulid.h"
#include "json/canonical.h"

namespace lumenflow::event {
namespace {

Result<std::string> canonical_payload(std::string_view kind, const json::Value& payload) {
  if (!payload.is_object())
    return Error(ErrorCode::kInvalidPayload, "the payload of " + std::string(kind) + " must be a JSON object");
  std::string out;
  out.reserve(512);  // what payloads mostly have; growing from nothing would copy six times
  if (Status written = json::canonical_to(payload, out); !written.ok()) {
    const Error& why = written.error();
    return Error(ErrorCode::kInvalidPayload,
                 "the payload of " + std::string(kind) + " has no canonical form: " + why.message(), why.details());
  }
  return out;
}

// Hashes around the payload's text instead of copying it; keys are in canonical order (RFC 8785, 3.2.3).
Result<std::string> content_id(std::string_view kind, std::string_view payload_text, std::string_view idempotency_key,
                               Timestamp timestamp) {
  if (!is_valid_utf8(idempotency_key))
    return Error(ErrorCode::kInvalidPayload, "the idempotency key of " + std::string(kind) + " is not valid UTF-8");
  std::string frame;
  frame.reserve(kind.size() + idempotency_key.size() + 128);
  frame += R"({"idempotencyKey":)";
  json::append_canonical_string(idempotency_key, frame);
  frame += R"(,"kind":)";
  json::append_canonical_string(kind, frame);
  frame += R"(,"payload":)";
  const std::size_t head_bytes = frame.size();
  frame += R"(,"timestamp":")";
  append_rfc3339(timestamp, frame);
  frame += R"("})";
  const std::string_view text = frame;
  return to_hex(sha256({text.substr(0, head_bytes), payload_text, text.substr(head_bytes)}));
}

}  // namespace

Result<std::string> content_event_id(std::string_view kind, const json::Value& payload,
                                     std::string_view idempotency_key, Timestamp timestamp) {
  LUMENFLOW_TRY_ASSIGN(const std::string text, canonical_payload(kind, payload));
  return content_id(kind, text, idempotency_key, timestamp);
}

Result<Event> build_kernel_event_v2(std::string_view kind, json::Value payload, const BuildOptions& options) {
  const bool flat = is_flat_kernel_kind(kind);
  if (!flat && !is_well_formed_kind(kind))
    return Error(
        ErrorCode::kUnknownKind,
        "'" + std::string(kind) + "' is no event kind: write <slug>:<event_name>, e.g. acme-demo:job_completed");
  if (flat) LUMENFLOW_TRY(validate_kernel_payload(kind, payload));

  Event event;
  LUMENFLOW_TRY_ASSIGN(event.canonical_payload, canonical_payload(kind, payload));
  if (event.canonical_payload.size() > kPayloadBytesMax)
    return Error(ErrorCode::kPayloadTooLarge,
                 "the payload of " + std::string(kind) + " has " + std::to_string(event.canonical_payload.size()) +
                     " bytes in canonical form, " + std::to_string(kPayloadBytesMax) + " are allowed");
  if (options.idempotency_key) {
    LUMENFLOW_TRY_ASSIGN(event.event_id,
                         content_id(kind, event.canonical_payload, *options.idempotency_key, options.timestamp));
  } else {
    event.event_id = make_uuid_v7(options.timestamp, options.entropy);
  }
  event.schema_version = flat ? 1 : 2;
  event.kind = kind;
  event.timestamp = options.timestamp;
  event.payload = std::move(payload);
  return event;
}

Event build_from_canonical(std::string_view kind, std::string canonical_payload, const BuildOptions& options) {
  LUMENFLOW_CHECK(is_well_formed_kind(kind) && !is_flat_kernel_kind(kind) && !options.idempotency_key);
  Event event;
  event.kind = kind;
  event.event_id = make_uuid_v7(options.timestamp, options.entropy);
  event.timestamp = options.timestamp;
  event.canonical_payload = std::move(canonical_payload);
  return event;
}

}  // namespace lumenflow::event
