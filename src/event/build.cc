#include "event/build.h"

#include <utility>

#include "base/encoding.h"
#include "base/sha256.h"
#include "base/ulid.h"
#include "json/canonical.h"

namespace lumenflow::event {
namespace {

constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_lower_or_digit(char c) { return is_lower(c) || (c >= '0' && c <= '9'); }

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

// ^[a-z][a-z0-9-]*:[a-z][a-z0-9]*(_[a-z0-9]+)*$
bool is_well_formed_kind(std::string_view kind) {
  const std::size_t colon = kind.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view slug = kind.substr(0, colon), event_name = kind.substr(colon + 1);
  if (slug.empty() || !is_lower(slug[0]) || event_name.empty() || !is_lower(event_name[0]) || event_name.back() == '_')
    return false;
  for (const char c : slug)
    if (!is_lower_or_digit(c) && c != '-') return false;
  for (std::size_t i = 0; i < event_name.size(); ++i)
    if (!is_lower_or_digit(event_name[i]) && (event_name[i] != '_' || event_name[i - 1] == '_')) return false;
  return true;
}

Error malformed_kind(std::string_view kind) {
  return Error(ErrorCode::kUnknownKind,
               "'" + std::string(kind) + "' is no event kind: write <slug>:<event_name>, e.g. acme-demo:job_completed");
}

Result<Event> build_unchecked(std::string_view kind, json::Value payload, const BuildOptions& options,
                              int schema_version) {
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
  event.schema_version = schema_version;
  event.kind = kind;
  event.timestamp = options.timestamp;
  event.payload = std::move(payload);
  return event;
}

}  // namespace lumenflow::event
