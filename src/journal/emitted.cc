#include "journal/emitted.h"

#include "journal/entry.h"

namespace lumenflow::journal {
namespace {

// Around the envelope, in canonical order; no other entry begins or ends so.
constexpr std::string_view kQueue = R"({"class":"queue","event":)";
constexpr std::string_view kEphemeral = R"({"class":"ephemeral","event":)";
constexpr std::string_view kEnd = R"(,"type":"event.emitted"})";

}  // namespace

bool is_queued(std::string_view entry) { return entry.starts_with(kQueue) && entry.ends_with(kEnd); }

std::string_view envelope_text(std::string_view entry) {
  const std::string_view start = entry.starts_with(kQueue) ? kQueue : kEphemeral;
  if (!entry.starts_with(start) || !entry.ends_with(kEnd) || entry.size() < start.size() + kEnd.size()) return {};
  return entry.substr(start.size(), entry.size() - start.size() - kEnd.size());
}

Result<std::optional<EmittedEvent>> read_emitted(std::string_view entry) {
  const std::string_view text = envelope_text(entry);
  if (text.empty()) return std::optional<EmittedEvent>();
  EmittedEvent emitted;
  emitted.event_class = entry.starts_with(kQueue) ? event::EventClass::kQueue : event::EventClass::kEphemeral;
  const bool queued = emitted.event_class == event::EventClass::kQueue;
  LUMENFLOW_TRY_ASSIGN(const json::Value envelope, json::parse(text));
  emitted.stream = json::string_or(envelope, "channel", "");
  emitted.kind = json::string_or(envelope, "kind", "");
  const std::int64_t seq = json::integer_or(envelope, "seq", 0);
  const std::int64_t queue_seq = json::integer_or(envelope, "queue_seq", 0);
  const Result<Timestamp> emitted_at = parse_rfc3339(json::string_or(envelope, "emitted_at", ""));
  if (emitted.stream.empty() || emitted.kind.empty() || seq < 1 || (queue_seq > 0) != queued || !emitted_at.ok())
    return Error(ErrorCode::kJournalDamaged, "an emitted event's entry is malformed");
  emitted.seq = static_cast<std::uint64_t>(seq);
  emitted.queue_seq = static_cast<std::uint64_t>(queue_seq);
  emitted.emitted_at = *emitted_at;
  return std::optional(std::move(emitted));
}

}  // namespace lumenflow::journal
