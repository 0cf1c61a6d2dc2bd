#include "journal/entry.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/check.h"
#include "base/encoding.h"
#include "json/canonical.h"

namespace lumenflow::journal {
namespace {

constexpr std::size_t kReasonBytesMax = 1'024;

// Appends members of one object; the caller gives them in canonical order (all our keys are ASCII).
class ObjectWriter {
 public:
  explicit ObjectWriter(std::size_t reserve) {
    out_.reserve(reserve);
    out_ += '{';
  }
  ObjectWriter& text(std::string_view key, std::string_view value) {
    start(key);
    json::append_canonical_string(value, out_);
    return *this;
  }
  ObjectWriter& text_if(std::string_view key, std::string_view value) {
    return value.empty() ? *this : text(key, value);
  }
  ObjectWriter& number(std::string_view key, std::int64_t value) {
    start(key);
    std::array<char, 24> digits;
    out_.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
    return *this;
  }
  ObjectWriter& hash_if(std::string_view key, const std::optional<Hash256>& value) {
    if (!value) return *this;
    start(key);
    out_.append("\"").append(to_hex(*value)).append("\"");
    return *this;
  }
  ObjectWriter& time(std::string_view key, Timestamp value) {
    start(key);
    out_ += '"';
    append_rfc3339(value, out_);
    out_ += '"';
    return *this;
  }
  std::string& raw(std::string_view key) {
    start(key);
    return out_;
  }
  std::string finish() {
    out_ += '}';
    return std::move(out_);
  }

 private:
  void start(std::string_view key) {
    LUMENFLOW_CHECK(last_ < key);
    last_ = key;
    const bool first = out_.size() == 1;
    const std::size_t at = out_.size();
    out_.resize(at + key.size() + (first ? 3 : 4));
    char* to = out_.data() + at;
    if (!first) *to++ = ',';
    *to++ = '"';
    to = std::copy(key.begin(), key.end(), to);
    *to++ = '"';
    *to = ':';
  }
  std::string out_;
  std::string_view last_;
};

constexpr std::array<std::string_view, 9> kOutcomeNames = {"success", "failure", "denied",  "pending", "cancelled",
                                                           "stopped", "timeout", "crashed", "unknown"};

}  // namespace

std::string_view name(Outcome outcome) { return kOutcomeNames[static_cast<std::size_t>(outcome)]; }

std::optional<Outcome> outcome_from_name(std::string_view name) {
  const auto found = std::find(kOutcomeNames.begin(), kOutcomeNames.end(), name);
  if (found == kOutcomeNames.end()) return std::nullopt;
  return static_cast<Outcome>(found - kOutcomeNames.begin());
}

std::string encode(const CallRequested& entry) {
  return ObjectWriter(512)
      .text_if("idempotency_key", entry.idempotency_key)
      .hash_if("input_hash", entry.input_hash)
      .text_if("on_behalf_of", entry.on_behalf_of)
      .text_if("pack", entry.pack)
      .text_if("pack_integrity", entry.pack_integrity)
      .text("receipt_id", entry.receipt)
      .text("subject", entry.subject)
      .text("tool", entry.tool)
      .time("ts", entry.ts)
      .text("type", "call.requested")
      .finish();
}

std::string encode(const CallStarted& entry) {
  return ObjectWriter(192)
      .text("isolation", entry.isolation)
      .text("receipt_id", entry.receipt)
      .time("ts", entry.ts)
      .text("type", "call.started")
      .finish();
}

std::string encode(const CallFinished& entry) {
  return ObjectWriter(384)
      .text_if("code", entry.code)
      .text("decided_by", entry.decided_by)
      .number("duration_us", entry.duration_us)
      .text_if("isolation", entry.isolation)
      .text("outcome", name(entry.outcome))
      .hash_if("output_hash", entry.output_hash)
      .text_if("policy", entry.policy)
      .text("receipt_id", entry.receipt)
      .number("stage", entry.stage)
      .time("ts", entry.ts)
      .text("type", "call.finished")
      .finish();
}

std::string encode(const CallsRefused& entry) {
  return ObjectWriter(192)
      .text("code", entry.code)
      .number("count", static_cast<std::int64_t>(entry.count))
      .text("subject", entry.subject.str())
      .time("ts", entry.second)
      .text("type", "calls.refused")
      .finish();
}

std::string encode(const HandlerDone& entry) {
  return ObjectWriter(384)
      .number("attempt", entry.attempt)
      .text("delivery_id", entry.delivery_id)
      .number("duration_us", entry.duration_us)
      .text_if("error", entry.error)
      .text("event_id", entry.event_id)
      .text("kind", entry.kind)
      .text("outcome", entry.outcome)
      .text("pack", entry.pack)
      .number("position", static_cast<std::int64_t>(entry.position.value()))
      .text("stream", entry.stream)
      .time("ts", entry.ts)
      .text("type", "handler.done")
      .finish();
}

std::string encode(const WorkspaceChanged& entry) {
  return ObjectWriter(192)
      .text("config_hash", entry.config_hash)
      .time("ts", entry.ts)
      .text("type", "workspace." + entry.what)
      .text("version", entry.version)
      .finish();
}

std::string encode(const OperatorKeyNoted& entry) {
  ObjectWriter writer(256);
  if (!entry.decided_by.empty()) writer.text("decided_by", entry.decided_by);
  if (!entry.former.empty()) writer.text("former", entry.former);
  return writer.text("thumbprint", entry.thumbprint)
      .time("ts", entry.ts)
      .text("type", "workspace.operator_key_" + entry.what)
      .finish();
}

std::string encode(const EventRefused& entry) {
  const std::string& why = entry.why.message();
  return ObjectWriter(384)
      .text("code", lumenflow::name(entry.why.code()))
      .text("log_id", entry.log_id)
      .number("log_position", static_cast<std::int64_t>(entry.log_position))
      .text("message", is_valid_utf8(why) ? clip_utf8(why, kReasonBytesMax) : std::string_view("its text is not UTF-8"))
      .time("ts", entry.ts)
      .text("type", "event.refused")
      .finish();
}

std::string encode_event(const event::Event& event, const event::Stamp& stamp, event::EventClass event_class) {
  ObjectWriter writer(768);
  writer.text("class", event::name(event_class));
  event::append_envelope(event, stamp, writer.raw("event"));
  return writer.text("type", "event.emitted").finish();
}

std::string encode_received(const event::Event& event, const event::Stamp& stamp, event::EventClass event_class,
                            Timestamp received_at) {
  ObjectWriter writer(768);
  writer.text("class", event::name(event_class));
  event::append_envelope(event, stamp, writer.raw("event"));
  return writer.time("received_at", received_at).text("type", "event.received").finish();
}

Result<json::Value> decode(std::string_view bytes) {
  Result<json::Value> entry = json::parse(bytes);
  if (!entry.ok() || type_of(*entry).empty()) return Error(ErrorCode::kJournalDamaged, "an entry is no journal entry");
  return entry;
}

std::string_view type_of(const json::Value& entry) { return json::string_or(entry, "type", ""); }

}  // namespace lumenflow::journal
