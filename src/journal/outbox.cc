#include "journal/outbox.h"

#include <algorithm>
#include <utility>

#include "journal/emitted.h"
#include "journal/outbox_rows.h"

namespace lumenflow::journal {
namespace {

constexpr std::size_t kItemsPerPage = 512;

std::string stream_key(std::string_view stream) { return std::string(kOutboxStream).append(stream); }

Error full(const OutboxLimits& limits) {
  return Error(ErrorCode::kOutboxFull, "the outbox holds as much as it may (" + std::to_string(limits.events_max) +
                                           " events, " + std::to_string(limits.bytes_max) +
                                           " bytes); bring the uplink back, or see `lumenflow outbox stats`");
}

Result<std::uint64_t> counted(const std::optional<std::string>& value) {
  if (!value) return 0;
  const auto count = from_big_endian(*value);
  if (!count) return Error(ErrorCode::kJournalDamaged, "a count of the outbox is malformed");
  return *count;
}

}  // namespace

std::string outbox_cursor(std::string_view stream) { return "uplink/" + std::string(stream); }

Status Outbox::load() {
  dirty_.clear();
  LUMENFLOW_TRY_ASSIGN(switch_, outbox_switch(log_.tables()));
  LUMENFLOW_TRY_ASSIGN(streams_, outbox_streams(log_.tables()));
  events_ = bytes_ = 0;
  for (const auto& [name, stream] : streams_) events_ += stream.events, bytes_ += stream.bytes;
  return load_letters();
}

Status Outbox::load_letters() {
  LUMENFLOW_TRY_ASSIGN(letters_, outbox_dead_letter_counts(log_.tables()));
  return {};
}

std::uint64_t Outbox::dead_letters() const {
  std::uint64_t count = 0;
  for (const auto& [stream, letters] : letters_) count += letters;
  return count;
}

Status Outbox::count_letter(std::string_view stream, bool more) {
  std::uint64_t& count = letters_[std::string(stream)];
  if (more)
    ++count;
  else if (count > 0)
    --count;
  return log_.put(kOutboxTable, std::string(kOutboxLetters).append(stream), big_endian(count));
}

Status Outbox::put_switch() { return log_.put(kOutboxTable, kOutboxSwitch, encode(switch_)); }

void Outbox::touch(std::string_view stream) { dirty_.insert_or_assign(std::string(stream), true); }

Status Outbox::enable(Position after) {
  if (switch_.enabled) return {};
  const Position newest(log_.next_position().value() - 1);
  after = std::min(after, newest);
  LUMENFLOW_TRY_ASSIGN(const auto heads, log_.tables().scan(kStreamsTable, "", "", SIZE_MAX));
  streams_.clear();
  for (const log::KeyValue& row : heads) {
    const std::optional<StreamHead> head = decode_stream_head(row.value);
    if (!head) return Error(ErrorCode::kJournalDamaged, "the head of stream '" + row.key + "' is malformed");
    streams_[row.key] = {.base = *head, .acknowledged = *head, .ephemerals = {newest, newest, newest}};
    touch(row.key);
  }
  // What was dealt with under an earlier enrollment is no backlog of this one.
  for (const auto& [name, stream] : streams_) {
    log::Cursor cursor(log_, outbox_cursor(name));
    LUMENFLOW_TRY_ASSIGN(const Position at, cursor.position());
    after = std::max(after, at);
  }
  for (const auto& [name, stream] : streams_) LUMENFLOW_TRY(log::Cursor(log_, outbox_cursor(name)).advance(after));
  switch_ = {.enabled = true, .since = newest, .backlog_after = after, .backlog_before = newest.next()};
  return put_switch();
}

// Newest first: at every commit what is included has no gap up to now, whatever happens before the next one.
Status Outbox::include_backlog(std::size_t entries_max) {
  if (!switch_.enabled || switch_.backlog_included()) return {};
  const std::uint64_t before = switch_.backlog_before.value();
  const std::uint64_t least = switch_.backlog_after.value();
  const std::uint64_t after = before - 1 - std::min<std::uint64_t>(before - 1 - least, entries_max);
  LUMENFLOW_TRY(include(Position(after), switch_.backlog_before));
  return put_switch();
}

Status Outbox::include(Position after, Position before) {
  Streams included;  // where the enrollment begins, and what it has in addition
  for (Position at = after; at.next() < before;) {
    LUMENFLOW_TRY_ASSIGN(const auto rows,
                         log_.read(at, std::min<std::size_t>(before.value() - at.value() - 1, kItemsPerPage)));
    if (rows.empty()) break;
    for (const log::StoredRow& row : rows) LUMENFLOW_TRY(include_row(row, after, before, included));
    at = Position(rows.back().first.value() + rows.back().entries.size() - 1);
  }
  std::uint64_t events = 0, bytes = 0;
  for (const auto& [name, stream] : included) events += stream.events, bytes += stream.bytes;
  if (Status fits = check(events, bytes); !fits.ok()) {
    // Rows that are written already are beyond the end of the backlog: nobody reads them, and they go again.
    for (const auto& [name, stream] : included) {
      LUMENFLOW_TRY_ASSIGN(const auto items, pending_events(log_.tables(), name, after, stream.events));
      for (const OutboxItem& item : items)
        if (item.position < before) LUMENFLOW_TRY(log_.erase(kOutboxTable, item_key(name, item.position)));
    }
    switch_.backlog_after = Position(before.value() - 1);
    LUMENFLOW_TRY(put_switch());
    return fits;
  }
  for (const auto& [name, more] : included) {
    LUMENFLOW_TRY_ASSIGN(OutboxStream* const stream, stream_row(name));
    stream->events += more.events;
    stream->bytes += more.bytes;
    stream->base = stream->acknowledged = more.base;
    touch(name);
  }
  events_ += events;
  bytes_ += bytes;
  switch_.backlog_before = after.next();
  return {};
}

Status Outbox::include_row(const log::StoredRow& row, Position after, Position before, Streams& included) {
  for (std::size_t i = 0; i < row.entries.size(); ++i) {
    const Position at(row.first.value() + i);
    if (at <= after || at >= before) continue;
    LUMENFLOW_TRY_ASSIGN(const auto emitted, read_emitted(row.entries[i]));
    if (!emitted || emitted->event_class != event::EventClass::kQueue) continue;
    OutboxStream& stream = included[emitted->stream];
    if (stream.events == 0) stream.base = {emitted->seq - 1, emitted->queue_seq - 1};
    const std::uint64_t bytes = row.entries[i].size();
    ++stream.events, stream.bytes += bytes;
    LUMENFLOW_TRY(
        put_pending(emitted->stream, {at, {emitted->seq, emitted->queue_seq, bytes, emitted->emitted_at}, ""}));
  }
  return {};
}

Result<std::uint64_t> Outbox::disable() {
  const std::uint64_t given_up = events_;
  if (!switch_.enabled) return given_up;
  for (;;) {
    LUMENFLOW_TRY_ASSIGN(const auto rows, log_.tables().scan(kOutboxTable, kOutboxItem, "", kItemsPerPage));
    for (const log::KeyValue& row : rows) LUMENFLOW_TRY(log_.erase(kOutboxTable, row.key));
    if (rows.size() < kItemsPerPage) break;
  }
  const Position newest(log_.next_position().value() - 1);
  for (auto& [name, stream] : streams_) {
    stream.events = stream.bytes = 0;
    LUMENFLOW_TRY(log::Cursor(log_, outbox_cursor(name)).advance(newest));
    touch(name);
  }
  events_ = bytes_ = 0;
  switch_ = {};
  LUMENFLOW_TRY(put_switch());
  return given_up;
}

Status Outbox::check(std::uint64_t events, std::uint64_t bytes) const {
  if (!switch_.enabled) return {};
  const bool fits = events_ + events <= limits_.events_max && bytes_ + bytes <= limits_.bytes_max;
  return fits ? Status() : full(limits_);
}

Result<OutboxStream*> Outbox::stream_row(std::string_view stream) {
  const auto found = streams_.find(stream);
  if (found != streams_.end()) return &found->second;
  OutboxStream fresh;  // born after the enrollment: all of it is sent
  fresh.ephemerals = {switch_.since, switch_.since, switch_.since};
  touch(stream);
  return &streams_.emplace(stream, fresh).first->second;
}

Status Outbox::put_pending(std::string_view stream, const OutboxItem& item) {
  return log_.put(kOutboxTable, item_key(stream, item.position), encode_item(item));
}

Status Outbox::add(std::string_view stream, Position position, const QueuedEvent& event) {
  if (!switch_.enabled) return {};
  const bool first_of_stream = !streams_.contains(stream);
  LUMENFLOW_TRY_ASSIGN(OutboxStream* const row, stream_row(stream));
  // From here on the cursor keeps the stream's pending entries from retention.
  if (first_of_stream) LUMENFLOW_TRY(log::Cursor(log_, outbox_cursor(stream)).advance(Position(position.value() - 1)));
  LUMENFLOW_TRY(put_pending(stream, {position, event, ""}));
  ++row->events, row->bytes += event.bytes;
  ++events_, bytes_ += event.bytes;
  touch(stream);
  return {};
}

Status Outbox::acknowledge(std::string_view stream, Position to) {
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return {};
  OutboxStream& row = found->second;
  Position last;
  for (bool more = true; more;) {
    LUMENFLOW_TRY_ASSIGN(const auto items, pending_events(log_.tables(), stream, Position(), kItemsPerPage));
    more = items.size() == kItemsPerPage;
    for (const OutboxItem& item : items) {
      if (item.position > to) {
        more = false;
        break;
      }
      LUMENFLOW_TRY(log_.erase(kOutboxTable, item_key(stream, item.position)));
      --row.events, row.bytes -= item.event.bytes;
      --events_, bytes_ -= item.event.bytes;
      row.acknowledged = {item.event.seq, item.event.queue_seq};
      last = item.position;
    }
  }
  if (last == Position()) return {};
  touch(stream);
  log::Cursor cursor(log_, outbox_cursor(stream));
  LUMENFLOW_TRY_ASSIGN(const Position at, cursor.position());
  return last > at ? cursor.advance(last) : Status();  // a dead letter may have moved it further
}

Status Outbox::dead_letter(std::string_view stream, Position position, std::string_view reason) {
  LUMENFLOW_TRY_ASSIGN(auto items, pending_events(log_.tables(), stream, Position(), 1));
  LUMENFLOW_TRY_ASSIGN(const auto found, log_.tables().get(kOutboxTable, item_key(stream, position)));
  if (!found)
    return Error(ErrorCode::kNotFound, "no event at position " + std::to_string(position.value()) + " is pending");
  if (items.front().position != position)
    return Error(ErrorCode::kInvalidInput, "only the first pending event can become a dead letter");
  items.front().tombstone = reason.empty() ? "refused" : reason;
  LUMENFLOW_TRY(put_pending(stream, items.front()));
  log::Cursor cursor(log_, outbox_cursor(stream));
  LUMENFLOW_TRY_ASSIGN(const auto letters, cursor.dead_letters(Position(position.value() - 1), 1));
  const bool known = !letters.empty() && letters.front().position == position;
  if (!known) LUMENFLOW_TRY(count_letter(stream, true));
  LUMENFLOW_TRY(
      log_.put(kOutboxTable, tombstone_prefix(stream) + big_endian(position.value()), items.front().tombstone));
  return cursor.dead_letter(position, items.front().tombstone);
}

Status Outbox::settle(std::string_view stream, const EphemeralMark& mark,
                      const std::map<std::string, std::uint64_t>& dropped) {
  LUMENFLOW_TRY_ASSIGN(OutboxStream* const row, stream_row(stream));
  row->ephemerals = mark;
  touch(stream);
  for (const auto& [kind, count] : dropped) {
    const std::string key = std::string(kOutboxDropped) + kind;
    LUMENFLOW_TRY_ASSIGN(const auto stored, log_.tables().get(kOutboxTable, key));
    LUMENFLOW_TRY_ASSIGN(const std::uint64_t before, counted(stored));
    LUMENFLOW_TRY(log_.put(kOutboxTable, key, big_endian(before + count)));
  }
  if (row->events != 0) return {};
  log::Cursor cursor(log_, outbox_cursor(stream));
  LUMENFLOW_TRY_ASSIGN(const Position at, cursor.position());
  return mark.settled > at ? cursor.advance(mark.settled) : Status();
}

Result<log::DeadLetter> Outbox::take_back(std::string_view stream, Position position) {
  LUMENFLOW_TRY_ASSIGN(log::DeadLetter letter, log::Cursor(log_, outbox_cursor(stream)).redrive(position));
  LUMENFLOW_TRY(count_letter(stream, false));
  return letter;
}

Status Outbox::rebase() {
  for (auto& [name, stream] : streams_) {
    stream.base = stream.acknowledged;
    touch(name);
  }
  return {};
}

Status Outbox::flush() {
  for (const auto& [name, unused] : dirty_)
    LUMENFLOW_TRY(log_.put(kOutboxTable, stream_key(name), encode(streams_.find(name)->second)));
  dirty_.clear();
  return {};
}

Result<std::vector<log::DeadLetter>> outbox_tombstones(const log::TableReader& tables, std::string_view stream,
                                                       Position after, std::size_t limit) {
  const std::string prefix = tombstone_prefix(stream);
  const std::string last = after == Position() ? std::string() : prefix + big_endian(after.value());
  LUMENFLOW_TRY_ASSIGN(const auto rows, tables.scan(kOutboxTable, prefix, last, limit));
  std::vector<log::DeadLetter> found;
  for (const log::KeyValue& row : rows) {
    const auto position = from_big_endian(std::string_view(row.key).substr(prefix.size()));
    if (!position) return Error(ErrorCode::kJournalDamaged, "a tombstone of the outbox is malformed");
    found.push_back({.position = Position(*position), .attempts = 1, .reason = row.value});
  }
  return found;
}

Result<std::vector<OutboxItem>> pending_events(const log::TableReader& tables, std::string_view stream, Position after,
                                               std::size_t limit) {
  LUMENFLOW_TRY_ASSIGN(const auto rows, tables.scan(kOutboxTable, item_prefix(stream), item_key(stream, after), limit));
  std::vector<OutboxItem> items;
  items.reserve(rows.size());
  for (const log::KeyValue& row : rows) {
    LUMENFLOW_TRY_ASSIGN(OutboxItem item, decode_item(row));
    items.push_back(std::move(item));
  }
  return items;
}

Result<OutboxSwitch> outbox_switch(const log::TableReader& tables) {
  LUMENFLOW_TRY_ASSIGN(const auto value, tables.get(kOutboxTable, kOutboxSwitch));
  if (!value) return OutboxSwitch();
  return decode_switch(*value);
}

Result<std::map<std::string, OutboxStream, std::less<>>> outbox_streams(const log::TableReader& tables) {
  std::map<std::string, OutboxStream, std::less<>> streams;
  LUMENFLOW_TRY_ASSIGN(const auto rows, tables.scan(kOutboxTable, kOutboxStream, "", SIZE_MAX));
  for (const log::KeyValue& row : rows) {
    LUMENFLOW_TRY_ASSIGN(streams[row.key.substr(kOutboxStream.size())], decode_stream(row.value));
  }
  return streams;
}

Result<std::map<std::string, std::uint64_t>> dropped_ephemerals(const log::TableReader& tables) {
  std::map<std::string, std::uint64_t> dropped;
  LUMENFLOW_TRY_ASSIGN(const auto rows, tables.scan(kOutboxTable, kOutboxDropped, "", SIZE_MAX));
  for (const log::KeyValue& row : rows) {
    LUMENFLOW_TRY_ASSIGN(dropped[row.key.substr(kOutboxDropped.size())], counted(row.value));
  }
  return dropped;
}

Result<std::map<std::string, std::uint64_t, std::less<>>> outbox_dead_letter_counts(const log::TableReader& tables) {
  std::map<std::string, std::uint64_t, std::less<>> counts;
  LUMENFLOW_TRY_ASSIGN(const auto rows, tables.scan(kOutboxTable, kOutboxLetters, "", SIZE_MAX));
  for (const log::KeyValue& row : rows) {
    LUMENFLOW_TRY_ASSIGN(counts[row.key.substr(kOutboxLetters.size())], counted(row.value));
  }
  LUMENFLOW_TRY_ASSIGN(const auto streams, outbox_streams(tables));
  for (const auto& [name, unused] : streams) {
    if (counts.contains(name)) continue;  // else nobody has counted yet, or there never was one
    for (Position after;;) {
      LUMENFLOW_TRY_ASSIGN(const auto letters, outbox_dead_letters(tables, name, after, kItemsPerPage));
      if (!letters.empty()) counts[name] += letters.size();
      if (letters.size() < kItemsPerPage) break;
      after = letters.back().position;
    }
  }
  return counts;
}

Result<std::vector<log::DeadLetter>> outbox_dead_letters(const log::TableReader& tables, std::string_view stream,
                                                         Position after, std::size_t limit) {
  return log::dead_letters(tables, outbox_cursor(stream), after, limit);
}

}  // namespace lumenflow::journal
