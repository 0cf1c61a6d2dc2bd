#include "event/envelope_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/encoding.h"
#include "json/canonical.h"

namespace lumenflow::event {
namespace {

constexpr std::size_t kNameBytesMax = 256;
constexpr auto kMembers =
    std::to_array<std::string_view>({"channel", "emitted_at", "event_id", "expires_at", "from", "kind", "on_behalf_of",
                                     "queue_seq", "schema_version", "seq", "timestamp", "trace"});

Error fault(std::string_view member, std::string_view reason) {
  const std::string pointer = "/" + json::escape_pointer_token(member);
  return Error(ErrorCode::kInvalidRequest, "the envelope's " + pointer + " " + std::string(reason),
               {{pointer, std::string(reason)}});
}

bool is_lower_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

// SHA-256 in hexadecimal, or a UUID of version 7.
bool is_event_id(std::string_view text) {
  if (text.size() == 64) return std::ranges::all_of(text, is_lower_hex);
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_lower_hex(text[i])) return false;
  }
  return text[14] == '7' && std::string_view("89ab").find(text[19]) != std::string_view::npos;
}

// W3C Trace Context: 2-32-16-2 hexadecimal digits.
bool is_traceparent(std::string_view text) {
  if (text.size() != 55) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 2 || i == 35 || i == 52;
    if (dash ? text[i] != '-' : !is_lower_hex(text[i])) return false;
  }
  return true;
}

// Takes the envelope's members one by one; the first fault stays.
class MemberReader {
 public:
  explicit MemberReader(const json::Value& envelope) : envelope_(envelope) {}

  Result<std::string> text(std::string_view member, std::size_t bytes_max = kNameBytesMax) const {
    const json::Value* value = envelope_.find(member);
    const std::string* found = value != nullptr ? value->if_string() : nullptr;
    if (found == nullptr || found->empty()) return fault(member, "must be a string that is not empty");
    if (found->size() > bytes_max) return fault(member, "is too long");
    if (!is_valid_utf8(*found)) return fault(member, "must be UTF-8");
    return *found;
  }
  Result<std::optional<std::string>> optional_text(std::string_view member) const {
    if (envelope_.find(member) == nullptr) return std::optional<std::string>();
    LUMENFLOW_TRY_ASSIGN(std::string found, text(member));
    return std::optional(std::move(found));
  }
  Result<Timestamp> time(std::string_view member) const {
    LUMENFLOW_TRY_ASSIGN(const std::string found, text(member));
    const Result<Timestamp> time = parse_rfc3339(found);
    if (!time.ok() || format_rfc3339(*time) != found)
      return fault(member, "must be RFC 3339 in UTC with three fractional digits");
    return *time;
  }
  Result<std::uint64_t> sequence(std::string_view member) const {
    const json::Value* value = envelope_.find(member);
    const std::int64_t* found = value != nullptr ? value->if_integer() : nullptr;
    if (found == nullptr || *found < 1 || static_cast<std::uint64_t>(*found) > kSeqMax)
      return fault(member, "must be an integer from 1 to 2^53 - 1");
    return static_cast<std::uint64_t>(*found);
  }

 private:
  const json::Value& envelope_;
};

Result<Stamp> read_stamp(const json::Value& envelope) {
  const MemberReader reader(envelope);
  Stamp stamp;
  LUMENFLOW_TRY_ASSIGN(stamp.from, reader.text("from"));
  LUMENFLOW_TRY_ASSIGN(stamp.stream, reader.text("channel"));
  if (!is_stream_name(stamp.stream)) return fault("channel", "must be sidecar, phone:<device_id> or bridge:<name>");
  LUMENFLOW_TRY_ASSIGN(stamp.seq, reader.sequence("seq"));
  if (envelope.find("queue_seq") != nullptr) {
    LUMENFLOW_TRY_ASSIGN(stamp.queue_seq, reader.sequence("queue_seq"));
    if (*stamp.queue_seq > stamp.seq) return fault("queue_seq", "cannot be beyond seq");
  }
  LUMENFLOW_TRY_ASSIGN(stamp.emitted_at, reader.time("emitted_at"));
  if (envelope.find("expires_at") != nullptr) {
    LUMENFLOW_TRY_ASSIGN(stamp.expires_at, reader.time("expires_at"));
  }
  LUMENFLOW_TRY_ASSIGN(stamp.on_behalf_of, reader.optional_text("on_behalf_of"));
  LUMENFLOW_TRY_ASSIGN(stamp.traceparent, reader.optional_text("trace"));
  if (stamp.traceparent && !is_traceparent(*stamp.traceparent)) return fault("trace", "must be a W3C traceparent");
  return stamp;
}

// The member `payload`, or of a flat kind what stands beside the envelope's own members; taken out of the envelope.
Result<json::Value> take_payload(json::Value& envelope, bool flat) {
  json::Object members;
  json::Value* payload = nullptr;
  for (json::Member& member : envelope.as_object()) {
    if (std::ranges::find(kMembers, member.key) != kMembers.end()) continue;
    if (flat)
      members.append(member.key, std::move(member.value));
    else if (member.key == "payload")
      payload = &member.value;
    else
      return fault(member.key, "is no member of an envelope");
  }
  if (flat) return json::Value(std::move(members));
  if (payload == nullptr || !payload->is_object()) return fault("payload", "must be an object");
  return std::move(*payload);
}

}  // namespace

bool is_stream_name(std::string_view stream) {
  if (stream == "sidecar") return true;
  for (const std::string_view prefix : {"phone:", "bridge:"}) {
    if (!stream.starts_with(prefix)) continue;
    const std::string_view name = stream.substr(prefix.size());
    return !name.empty() && name.size() <= 128 && std::ranges::all_of(name, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
             c == '-';
    });
  }
  return false;
}

Result<Received> read_envelope(const json::Value& envelope) { return read_envelope(json::Value(envelope)); }

Result<Received> read_envelope(json::Value&& envelope) {
  if (!envelope.is_object()) return Error(ErrorCode::kInvalidRequest, "an envelope must be a JSON object");
  const std::int64_t version = json::integer_or(envelope, "schema_version", 0);
  if (version > 2)
    return Error(ErrorCode::kUnsupportedFormat,
                 "schema_version " + std::to_string(version) + " is newer than this lumenflow, which reads 1 and 2");
  const MemberReader reader(envelope);
  LUMENFLOW_TRY_ASSIGN(std::string kind, reader.text("kind"));
  const bool flat = is_flat_kernel_kind(kind);
  if (!flat && !is_well_formed_kind(kind)) return Error(ErrorCode::kUnknownKind, "'" + kind + "' is no event kind");
  if (version != (flat ? 1 : 2)) return fault("schema_version", flat ? "must be 1 for this kind" : "must be 2");

  Received received;
  LUMENFLOW_TRY_ASSIGN(received.stamp, read_stamp(envelope));
  Event& event = received.event;
  event.schema_version = static_cast<int>(version);
  LUMENFLOW_TRY_ASSIGN(event.event_id, reader.text("event_id"));
  if (!is_event_id(event.event_id)) return fault("event_id", "must be a SHA-256 or a UUID of version 7, in lower case");
  LUMENFLOW_TRY_ASSIGN(event.timestamp, reader.time("timestamp"));
  LUMENFLOW_TRY_ASSIGN(event.payload, take_payload(envelope, flat));
  if (flat) LUMENFLOW_TRY(validate_kernel_payload(kind, event.payload));
  if (const Status written = json::canonical_to(event.payload, event.canonical_payload); !written.ok())
    return Error(ErrorCode::kInvalidPayload,
                 "the payload of " + kind + " has no canonical form: " + written.error().message());
  if (event.canonical_payload.size() > kPayloadBytesMax)
    return Error(ErrorCode::kPayloadTooLarge, "the payload of " + kind + " is over 256 KiB");
  event.kind = std::move(kind);
  return received;
}

Result<Received> parse_envelope(std::string_view text) {
  LUMENFLOW_TRY_ASSIGN(json::Value envelope, json::parse(text));
  return read_envelope(std::move(envelope));
}

}  // namespace lumenflow::event
