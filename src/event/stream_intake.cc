#include "event/stream_intake.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "event/envelope_reader.h"
#include "json/canonical.h"

namespace lumenflow::event {
namespace {

constexpr std::size_t kReasonBytesMax = 1024;

Intake refuse(StreamPlace place, ErrorCode code, std::string message) {
  Intake intake;
  intake.refused = Error(code, std::move(message));
  intake.place = place;
  return intake;
}

std::optional<std::uint64_t> number(const json::Value& item, std::string_view member) {
  const json::Value* value = item.find(member);
  const std::int64_t* found = value != nullptr ? value->if_integer() : nullptr;
  if (found == nullptr || *found < 1 || static_cast<std::uint64_t>(*found) > kSeqMax) return std::nullopt;
  return static_cast<std::uint64_t>(*found);
}

bool is_tombstone(const json::Value& item) { return item.is_object() && item.find("kind") == nullptr; }

Result<TakenEvent> read_tombstone(const json::Value& item) {
  const auto seq = number(item, "seq"), queue_seq = number(item, "queue_seq");
  const std::string_view reason = json::string_or(item, "reason", "");
  if (!seq || !queue_seq || *queue_seq > *seq || reason.empty() || reason.size() > kReasonBytesMax ||
      !is_valid_utf8(reason) || item.as_object().size() != 3)
    return Error(ErrorCode::kInvalidRequest, "neither an envelope nor a tombstone {seq, queue_seq, reason}");
  return TakenEvent{TakenEvent::Kind::kTombstone, *seq, *seq, *queue_seq, std::string(reason)};
}

Result<TakenEvent> read_event(json::Value& item, const IntakeRules& rules, std::string_view stream) {
  LUMENFLOW_TRY_ASSIGN(Received received, read_envelope(std::move(item)));
  const Stamp& stamp = received.stamp;
  if (stamp.from != rules.from)
    return Error(ErrorCode::kFromMismatch,
                 "an event is from '" + stamp.from + "', the token is that of '" + std::string(rules.from) + "'");
  if (stamp.stream != stream)
    return Error(ErrorCode::kInvalidRequest,
                 "the event is of stream '" + stamp.stream + "', the batch of '" + std::string(stream) + "'");
  std::string text;
  append_envelope(received.event, stamp, text);
  return TakenEvent{TakenEvent::Kind::kEvent,    stamp.seq,       stamp.seq,
                    stamp.queue_seq.value_or(0), std::move(text), std::move(received.event.kind)};
}

// One batch on its way in. Nothing of it counts until all of it has been looked at.
class BatchReader {
 public:
  BatchReader(const IntakeRules& rules, StreamPlace place, const IntakeBatch& batch)
      : rules_(rules), batch_(batch), before_(place), follows_(batch.after) {
    intake_.place = place;
  }

  Intake read() && {
    intake_.taken.reserve(batch_.events.size());
    for (const std::string_view text : batch_.events) {
      Result<json::Value> item = json::parse(text);
      if (!item.ok()) {
        reject(json::Value(), item.error());
        break;
      }
      if (!take(*item)) break;
    }
    if (refused_) return std::move(*refused_);
    return std::move(intake_);
  }

 private:
  // Whether to go on behind it. Of an event that is refused its id and seq are still there.
  bool take(json::Value& item) {
    const std::optional<std::uint64_t> seq = number(item, "seq");
    if (!seq) return reject(item, Error(ErrorCode::kInvalidRequest, "no seq from 1 to 2^53 - 1"));
    if (*seq <= last_seq_)
      return refuse_batch(ErrorCode::kInvalidRequest, "the batch is not in ascending order of seq");
    last_seq_ = *seq;
    if (*seq <= before_.seq) return drop_duplicate(item, *seq);
    if (!continues()) return false;
    Result<TakenEvent> taken = is_tombstone(item) ? read_tombstone(item) : read_event(item, rules_, batch_.stream);
    if (!taken.ok()) {
      if (taken.error().code() == ErrorCode::kFromMismatch)
        return refuse_batch(ErrorCode::kFromMismatch, taken.error().message());
      return reject(item, taken.error());
    }
    return add(*std::move(taken));
  }

  // Costs nothing but the look at its seq, for ever.
  bool drop_duplicate(const json::Value& item, std::uint64_t seq) {
    ++intake_.duplicates;
    follows_.seq = std::max(follows_.seq, seq);
    if (item.find("queue_seq") != nullptr) ++follows_.queue_seq;
    return true;
  }

  // What it follows must be here: an overtaking batch is refused whole, also when it holds only ephemerals.
  bool continues() {
    if (checked_) return true;
    checked_ = true;
    if (follows_.queue_seq == before_.queue_seq && follows_.seq <= before_.seq) return true;
    return refuse_batch(ErrorCode::kConflict, "the batch follows seq " + std::to_string(follows_.seq) + ", queue_seq " +
                                                  std::to_string(follows_.queue_seq) + "; the stream is at " +
                                                  std::to_string(before_.seq) + ", " +
                                                  std::to_string(before_.queue_seq));
  }

  bool add(TakenEvent taken) {
    StreamPlace& place = intake_.place;
    if (taken.queue_seq != 0 && taken.queue_seq != place.queue_seq + 1)
      return refuse_batch(ErrorCode::kConflict, "queue_seq " + std::to_string(taken.queue_seq) + " does not follow " +
                                                    std::to_string(place.queue_seq));
    if (taken.seq > place.seq + 1)
      intake_.taken.push_back({TakenEvent::Kind::kDropped, place.seq + 1, taken.seq - 1, 0, {}});
    place.seq = taken.seq;
    if (taken.queue_seq != 0) place.queue_seq = taken.queue_seq;
    intake_.taken.push_back(std::move(taken));
    ++intake_.accepted;
    return true;
  }

  bool reject(const json::Value& item, const Error& why) {
    const std::string_view event_id = clip_utf8(json::string_or(item, "event_id", ""), 64);
    intake_.rejected.push_back({std::string(event_id), number(item, "seq").value_or(0), why.code(), why.message()});
    return false;
  }

  bool refuse_batch(ErrorCode code, std::string message) {
    refused_ = refuse(before_, code, std::move(message));
    return false;
  }

  const IntakeRules& rules_;
  const IntakeBatch& batch_;
  const StreamPlace before_;
  StreamPlace follows_;  // what the batch follows, once its duplicates are dropped
  std::uint64_t last_seq_ = 0;
  bool checked_ = false;
  Intake intake_;
  std::optional<Intake> refused_;
};

}  // namespace

Intake take_batch(const IntakeRules& rules, StreamPlace place, const IntakeBatch& batch) {
  if (!rules.log_id.empty() && batch.log_id != rules.log_id)
    return refuse(place, ErrorCode::kLogForked,
                  "the batch is of log " + std::string(batch.log_id) + ", here is " + std::string(rules.log_id));
  if (!is_stream_name(batch.stream))
    return refuse(place, ErrorCode::kInvalidRequest, "'" + std::string(batch.stream) + "' is no stream");
  if (batch.stream.starts_with("phone:"))
    return refuse(place, ErrorCode::kFromMismatch, "a workspace does not post on " + std::string(batch.stream));
  if (batch.events.size() > kBatchEventsMax)
    return refuse(place, ErrorCode::kInvalidRequest,
                  "a batch has at most " + std::to_string(kBatchEventsMax) + " events");
  return BatchReader(rules, place, batch).read();
}

StreamBegin begin_stream(std::optional<StreamPlace> known, StreamPlace base) {
  if (!known) return {base, std::nullopt};
  if (base.queue_seq <= known->queue_seq) return {*known, std::nullopt};
  const StreamPlace place{std::max(known->seq, base.seq), base.queue_seq};
  return {place, TakenEvent{TakenEvent::Kind::kDropped, known->seq + 1, place.seq, base.queue_seq, {}}};
}

std::string tombstone_text(std::uint64_t seq, std::uint64_t queue_seq, std::string_view reason) {
  std::string text = R"({"queue_seq":)" + std::to_string(queue_seq) + R"(,"reason":)";
  json::append_canonical_string(clip_utf8(reason, kReasonBytesMax), text);
  return text + R"(,"seq":)" + std::to_string(seq) + "}";
}

}  // namespace lumenflow::event
