#include "journal/outbox_rows.h"

#include <array>
#include <span>

namespace lumenflow::journal {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kNumber = 8;

Error damaged(std::string_view what) {
  return Error(ErrorCode::kJournalDamaged, "the outbox's row of " + std::string(what) + " is malformed");
}

std::string numbers(std::initializer_list<std::uint64_t> values) {
  std::string out(1, kVersion);
  for (const std::uint64_t value : values) out += big_endian(value);
  return out;
}

template <std::size_t N>
Result<std::array<std::uint64_t, N>> read_numbers(std::string_view value, std::string_view what) {
  if (!value.empty() && value[0] > kVersion)
    return Error(ErrorCode::kUnsupportedFormat, "the outbox was written by a newer lumenflow");
  if (value.size() != 1 + N * kNumber || value[0] != kVersion) return damaged(what);
  std::array<std::uint64_t, N> out;
  for (std::size_t i = 0; i < N; ++i) out[i] = *from_big_endian(value.substr(1 + i * kNumber, kNumber));
  return out;
}

}  // namespace

std::string item_prefix(std::string_view stream) { return std::string(kOutboxItem).append(stream).append(1, '\0'); }

std::string tombstone_prefix(std::string_view stream) {
  return std::string(kOutboxTombstone).append(stream).append(1, '\0');
}

std::string item_key(std::string_view stream, Position position) {
  return item_prefix(stream) + big_endian(position.value());
}

std::string encode(const OutboxSwitch& state) {
  return numbers(
      {state.enabled ? 1u : 0u, state.since.value(), state.backlog_after.value(), state.backlog_before.value()});
}

Result<OutboxSwitch> decode_switch(std::string_view value) {
  LUMENFLOW_TRY_ASSIGN(const auto n, read_numbers<4>(value, "its switch"));
  return OutboxSwitch{n[0] != 0, Position(n[1]), Position(n[2]), Position(n[3])};
}

std::string encode(const OutboxStream& stream) {
  const EphemeralMark& mark = stream.ephemerals;
  return numbers({stream.events, stream.bytes, stream.base.seq, stream.base.queue_seq, stream.acknowledged.seq,
                  stream.acknowledged.queue_seq, mark.settled.value(), mark.dropped_after.value(),
                  mark.dropped_to.value()});
}

Result<OutboxStream> decode_stream(std::string_view value) {
  LUMENFLOW_TRY_ASSIGN(const auto n, read_numbers<9>(value, "a stream"));
  return OutboxStream{.events = n[0],
                      .bytes = n[1],
                      .base = {n[2], n[3]},
                      .acknowledged = {n[4], n[5]},
                      .ephemerals = {Position(n[6]), Position(n[7]), Position(n[8])}};
}

std::string encode_item(const OutboxItem& item) {
  const QueuedEvent& event = item.event;
  std::string out;
  for (const std::uint64_t value : {event.seq, event.queue_seq, event.bytes}) out += big_endian(value);
  return out.append(big_endian(static_cast<std::uint64_t>(event.emitted_at.ms))).append(item.tombstone);
}

Result<OutboxItem> decode_item(const log::KeyValue& row) {
  const std::string_view value = row.value;
  if (row.key.size() < kNumber || value.size() < 4 * kNumber) return damaged("a pending event");
  const auto number = [value](std::size_t i) { return *from_big_endian(value.substr(i * kNumber, kNumber)); };
  OutboxItem item;
  item.position = Position(*from_big_endian(std::string_view(row.key).substr(row.key.size() - kNumber)));
  item.event = {number(0), number(1), number(2), Timestamp{static_cast<std::int64_t>(number(3))}};
  item.tombstone = value.substr(4 * kNumber);
  return item;
}

}  // namespace lumenflow::journal
