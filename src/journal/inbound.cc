#include "journal/inbound.h"

#include <utility>

#include "base/encoding.h"
#include "journal/entry.h"
#include "journal/tables.h"
#include "json/canonical.h"

namespace lumenflow::journal {
namespace {

// Keys of the table `inbound`; each value begins with the version.
constexpr std::string_view kAt = "a";      // position (8 bytes), log_id
constexpr std::string_view kStream = "s";  // stream -> seq and queue_seq of the last that came
constexpr char kInboundVersion = 1;
constexpr std::size_t kItemBytesMax = event::kPayloadBytesMax + 16 * 1024;  // of an envelope

Result<std::string_view> versioned(std::string_view value) {
  if (!value.empty() && value[0] > kInboundVersion)
    return Error(ErrorCode::kUnsupportedFormat, "the table 'inbound' was written by a newer lumenflow");
  if (value.empty() || value[0] != kInboundVersion)
    return Error(ErrorCode::kJournalDamaged, "a row of the table 'inbound' is malformed");
  return value.substr(1);
}

// Who may say what on which stream: the caller's subject, a device on its own stream.
Status check_sender(const event::Stamp& stamp, const std::string& workspace_id) {
  if (!stamp.from.starts_with(workspace_id + ":"))
    return Error(ErrorCode::kFromMismatch,
                 "it is from '" + stamp.from + "', which is no subject of the workspace '" + workspace_id + "'");
  if (stamp.stream == "sidecar")
    return Error(ErrorCode::kFromMismatch, "the stream 'sidecar' is this workspace's own; nothing comes in on it");
  if (stamp.stream.starts_with("phone:") && stamp.from != workspace_id + ":" + stamp.stream)
    return Error(ErrorCode::kFromMismatch, "it is from '" + stamp.from + "' on the stream '" + stamp.stream + "'");
  return {};
}

}  // namespace

Status Inbound::load() {
  places_.clear();
  LUMENFLOW_TRY_ASSIGN(at_, inbound_at(log_.tables()));
  LUMENFLOW_TRY_ASSIGN(const auto rows, log_.tables().scan(kInboundTable, kStream, "", SIZE_MAX));
  for (const log::KeyValue& row : rows) {
    LUMENFLOW_TRY_ASSIGN(const std::string_view bytes, versioned(row.value));
    const auto head = decode_stream_head(bytes);
    if (!head) return Error(ErrorCode::kJournalDamaged, "the place of the inbound stream is malformed");
    places_[row.key.substr(kStream.size())] = {head->seq, head->queue_seq};
  }
  return {};
}

Status Inbound::put_at() {
  return log_.put(kInboundTable, kAt, std::string(1, kInboundVersion) + big_endian(at_.position) + at_.log_id);
}

Result<Inbound::Checked> Inbound::check(const InboundItem& item, Timestamp now) const {
  if (item.text.size() > kItemBytesMax)
    return Error(ErrorCode::kPayloadTooLarge, "the envelope has " + std::to_string(item.text.size()) + " bytes");
  LUMENFLOW_TRY_ASSIGN(event::Received received, event::parse_envelope(item.text));
  LUMENFLOW_TRY(check_sender(received.stamp, workspace_id_));
  const event::KnownKind* const known = event::find_kernel_kind(received.event.kind);
  if (known == nullptr || !known->inbound)
    return Error(ErrorCode::kUnknownKind, "'" + received.event.kind + "' is no kind that comes from outside");
  LUMENFLOW_TRY(event::validate_kernel_payload(received.event.kind, received.event.payload));
  if ((known->event_class == event::EventClass::kQueue) != received.stamp.queue_seq.has_value())
    return Error(ErrorCode::kInvalidRequest, "an event of the class " + std::string(event::name(known->event_class)) +
                                                 (received.stamp.queue_seq ? " has a queue_seq" : " has no queue_seq"));
  if (places_.size() >= kInboundStreamsMax && !places_.contains(received.stamp.stream))
    return Error(ErrorCode::kInvalidRequest, "events came in on " + std::to_string(kInboundStreamsMax) +
                                                 " streams, and another one is one too many");
  std::string entry = encode_received(received.event, received.stamp, known->event_class, now);
  return Checked{std::move(received), std::move(entry)};
}

Status Inbound::take_item(const InboundItem& item, Timestamp now, std::vector<std::string>& entries,
                          InboundTaken& taken) {
  const auto refuse = [&](const Error& why) {
    ++taken.refused[std::string(name(why.code()))];
    entries.push_back(encode(EventRefused{at_.log_id, item.position, why, now}));
  };
  Result<Checked> checked = check(item, now);
  if (!checked.ok()) {
    refuse(checked.error());
    return {};
  }
  const event::Stamp& stamp = checked->received.stamp;
  const auto found = places_.find(stamp.stream);
  const bool known = found != places_.end() && found->second.seq > 0;
  const event::StreamPlace place = known ? found->second : event::StreamPlace{};
  if (known && stamp.seq <= place.seq) {
    ++taken.duplicates;
    return {};
  }
  const std::uint64_t queue_seq = stamp.queue_seq.value_or(place.queue_seq);
  if (known && stamp.queue_seq && queue_seq != place.queue_seq + 1)
    refuse(Error(ErrorCode::kConflict, "of the stream '" + stamp.stream + "' queue_seq " +
                                           std::to_string(place.queue_seq + 1) + " was due and " +
                                           std::to_string(queue_seq) + " came; what is between is missing"));
  places_[stamp.stream] = {stamp.seq, queue_seq};
  LUMENFLOW_TRY(log_.put(kInboundTable, std::string(kStream) + stamp.stream,
                         std::string(1, kInboundVersion) + encode(StreamHead{stamp.seq, queue_seq})));
  ++taken.received[checked->received.event.kind];
  taken.events.push_back({Position(entries.size()), std::move(checked->received)});
  entries.push_back(std::move(checked->entry));
  return {};
}

Result<InboundTaken> Inbound::take(const InboundBatch& batch, Timestamp now) {
  InboundTaken taken;
  if (batch.log_id != at_.log_id) {
    for (auto& [stream, place] : places_) {
      place = {};
      LUMENFLOW_TRY(log_.put(kInboundTable, std::string(kStream) + stream,
                             std::string(1, kInboundVersion) + encode(StreamHead{})));
    }
    at_ = {batch.log_id, 0};
    LUMENFLOW_TRY(put_at());
  }
  log::Row row;
  for (const InboundItem& item : batch.items) {
    if (item.position <= at_.position) {
      ++taken.duplicates;
      continue;
    }
    LUMENFLOW_TRY(take_item(item, now, row.entries, taken));
    at_.position = item.position;
  }
  if (!row.entries.empty()) {
    LUMENFLOW_TRY_ASSIGN(const Position first, log_.append(std::move(row)));
    for (ReceivedEvent& event : taken.events) event.at = Position(first.value() + event.at.value());
  }
  LUMENFLOW_TRY(put_at());
  return taken;
}

Result<InboundAt> inbound_at(const log::TableReader& tables) {
  LUMENFLOW_TRY_ASSIGN(const auto value, tables.get(kInboundTable, kAt));
  if (!value) return InboundAt();
  LUMENFLOW_TRY_ASSIGN(const std::string_view bytes, versioned(*value));
  const auto position = from_big_endian(bytes.substr(0, 8));
  if (!position) return Error(ErrorCode::kJournalDamaged, "the position of what came in is malformed");
  return InboundAt{std::string(bytes.substr(8)), *position};
}

Result<std::vector<std::string>> inbound_streams(const log::TableReader& tables) {
  LUMENFLOW_TRY_ASSIGN(const auto rows, tables.scan(kInboundTable, kStream, "", SIZE_MAX));
  std::vector<std::string> streams;
  for (const log::KeyValue& row : rows) streams.push_back(row.key.substr(kStream.size()));
  return streams;
}

}  // namespace lumenflow::journal
