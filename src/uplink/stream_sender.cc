#include "uplink/stream_sender.h"

#include <algorithm>
#include <utility>

#include "lumenflow/json.h"

namespace lumenflow::uplink {
namespace {

using What = StreamSender::Heard::What;

std::string place_text(event::StreamPlace place) {
  return "seq " + std::to_string(place.seq) + ", queue_seq " + std::to_string(place.queue_seq);
}

}  // namespace

StreamSender::StreamSender(std::string name, const journal::OutboxStream& row, bool known, const EngineLimits& limits)
    : name_(std::move(name)),
      limits_(limits),
      base_{row.base.seq, row.base.queue_seq},
      acknowledged_{row.acknowledged.seq, row.acknowledged.queue_seq},
      batch_max_(limits.batch_events),
      ephemerals_(row.ephemerals, known) {}

void StreamSender::drop(Position at, const std::string& kind) {
  ephemerals_.dropped(at, kind, last_kept_ > last_dropped_);
  last_dropped_ = std::max(last_dropped_, at);
}

void StreamSender::push_ready(Item item) {
  ready_bytes_ += item.text.size();
  ready_.push_back(std::move(item));
}

void StreamSender::keep_waiting(Item item) {
  const std::size_t bytes = waiting_bytes_ + item.text.size();
  if (waiting_.size() >= limits_.waiting_events || bytes > limits_.waiting_bytes) overflowing_ = true;
  if (overflowing_) return drop(item.position, item.kind);
  last_kept_ = item.position;
  waiting_bytes_ = bytes;
  waiting_.push_back(std::move(item));
}

void StreamSender::emitted(TailEvent event, bool live, bool disconnected, Millis now) {
  const bool queued = event.event.event_class == event::EventClass::kQueue;
  if (!queued && ephemerals_.covers(event.position)) return;
  if (!queued && disconnected) return drop(event.position, event.event.kind);
  const bool room = ready_.size() < limits_.ready_events && ready_bytes_ < limits_.ready_bytes;
  Item item{event.position, event.event.seq, event.event.queue_seq, queued ? "" : std::move(event.event.kind),
            std::move(event.text)};
  if (live && caught_up_ && room) {
    if (!queued) last_kept_ = item.position;
    read_to_ = item.position;
    if (ready_.empty()) ready_since_ = now;
    push_ready(std::move(item));
  } else if (queued) {
    caught_up_ = false;  // it will be read through the outbox
  } else {
    caught_up_ = false;
    keep_waiting(std::move(item));
  }
}

void StreamSender::emitted_before_start(const TailEvent& event) {
  if (event.event.event_class == event::EventClass::kQueue || ephemerals_.covers(event.position)) return;
  if (ephemerals_.maybe_sent(event.position, event.event.seq, event.event.kind))
    last_kept_ = event.position;
  else
    drop(event.position, event.event.kind);
}

Status StreamSender::begin(const Source& source, event::StreamPlace there) {
  LUMENFLOW_TRY_ASSIGN(const journal::StreamHead head, source.head(name_));
  if (there.seq > head.seq || there.queue_seq > head.queue_seq)
    return Error(ErrorCode::kLogForked, "the other side has " + place_text(there) + " of stream " + name_ +
                                            "; this journal ends at " + place_text({head.seq, head.queue_seq}));
  if (there.queue_seq < acknowledged_.queue_seq)
    return Error(ErrorCode::kLogForked, "the other side acknowledged " + place_text(acknowledged_) + " of stream " +
                                            name_ + " and now has " + place_text(there));
  Position acknowledged_to = acknowledged_to_;  // of a fork nothing is believed
  for (bool more = true; more;) {
    LUMENFLOW_TRY_ASSIGN(const auto items, source.items(name_, acknowledged_to, event::kBatchEventsMax));
    more = items.size() == event::kBatchEventsMax;
    for (const journal::OutboxItem& item : items) {
      const bool has = item.event.queue_seq <= there.queue_seq;
      if (has != (item.event.seq <= there.seq))
        return Error(ErrorCode::kLogForked, "the other side has " + place_text(there) + " of stream " + name_ +
                                                "; here that is " + place_text({item.event.seq, item.event.queue_seq}));
      if (!has) {
        more = false;
        break;
      }
      acknowledged_to = item.position;
    }
  }
  acknowledged_to_ = acknowledged_to;
  acknowledged_ = sent_ = there;
  read_to_ = acknowledged_to_;
  caught_up_ = false;
  ephemerals_.resolve(there.seq);
  return {};
}

void StreamSender::end(bool disconnected) {
  window_.clear();
  in_flight_bytes_ = 0;
  caught_up_ = false;
  // Of the queue class everything is read again; of the others nothing.
  std::deque<Item> unsent;
  for (Item& item : ready_)
    if (item.queue_seq == 0) unsent.push_back(std::move(item));
  ready_.clear();
  ready_bytes_ = 0;
  for (Item& item : waiting_) unsent.push_back(std::move(item));
  waiting_ = std::move(unsent);
  if (disconnected) {
    for (const Item& item : waiting_) drop(item.position, item.kind);
    waiting_.clear();
    ephemerals_.merge_drops();
    overflowing_ = false;
    last_kept_ = Position();
  }
  waiting_bytes_ = 0;
  for (const Item& item : waiting_) waiting_bytes_ += item.text.size();
}

Status StreamSender::fill(const Source& source, Position tail, Millis now) {
  const bool was_empty = ready_.empty();
  while (!caught_up_ && ready_.size() < limits_.ready_events && ready_bytes_ < limits_.ready_bytes) {
    LUMENFLOW_TRY_ASSIGN(Backlog page,
                         source.backlog(name_, read_to_, tail, event::kBatchEventsMax, event::kBatchBytesMax));
    const Position through = page.more ? page.events.back().position : tail;
    const auto take_waiting = [this](Position up_to) {
      while (!waiting_.empty() && waiting_.front().position <= up_to) {
        waiting_bytes_ -= waiting_.front().text.size();
        push_ready(std::move(waiting_.front()));
        waiting_.pop_front();
      }
    };
    for (BacklogEvent& event : page.events) {
      take_waiting(event.position);
      push_ready({event.position, event.seq, event.queue_seq, "", std::move(event.text)});
    }
    take_waiting(through);
    read_to_ = std::max(read_to_, through);
    caught_up_ = !page.more;
  }
  if (waiting_.size() * 2 <= limits_.waiting_events && waiting_bytes_ * 2 <= limits_.waiting_bytes)
    overflowing_ = false;
  if (was_empty && !ready_.empty()) ready_since_ = now;
  return {};
}

std::size_t StreamSender::sendable() const {
  std::size_t count = 0, bytes = 0;
  for (const Item& item : ready_) {
    bytes += item.text.size();
    if (count == batch_max_ || (count > 0 && bytes > limits_.batch_bytes)) break;
    if (!ephemerals_.may_send(item.position)) break;
    ++count;
  }
  return count;
}

std::shared_ptr<const Batch> StreamSender::next_batch(const std::string& log_id, std::uint64_t session, Millis now) {
  if (ready_.empty() || window_.size() >= limits_.in_flight) return nullptr;
  if (!due_at() || *due_at() > now) return nullptr;
  const std::size_t count = sendable();
  if (count == 0) return nullptr;
  auto batch = std::make_shared<Batch>(Batch{log_id, session, name_, sent_, {}});
  InFlight in_flight;
  batch->events.reserve(count);
  in_flight.events.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    Item& item = ready_.front();
    if (item.queue_seq == 0)
      ephemerals_.sent(item.position, item.seq, item.kind);
    else
      sent_.queue_seq = item.queue_seq;
    sent_.seq = item.seq;
    in_flight.events.push_back({item.position, item.seq, item.queue_seq});
    in_flight.bytes += item.text.size();
    batch->events.push_back(std::move(item.text));
    ready_.pop_front();
  }
  ready_bytes_ -= in_flight.bytes;
  in_flight_bytes_ += in_flight.bytes;
  in_flight.batch = batch;
  window_.push_back(std::move(in_flight));
  ready_since_ = now;
  return batch;
}

std::optional<Millis> StreamSender::due_at() const {
  if (ready_.empty() || window_.size() >= limits_.in_flight) return std::nullopt;
  const bool full = ready_.size() >= batch_max_ || ready_bytes_ >= limits_.batch_bytes || !caught_up_;
  return full ? ready_since_ : ready_since_ + limits_.linger;
}

StreamSender::Heard StreamSender::acknowledged(const Batch& batch, const BatchAnswer& answer) {
  if (answer.acked_seq > sent_.seq)
    return {What::kLie, "the other side acknowledged seq " + std::to_string(answer.acked_seq) + " of stream " + name_ +
                            "; only " + std::to_string(sent_.seq) + " was sent"};
  Heard heard;
  while (!window_.empty()) {
    InFlight& first = window_.front();
    std::size_t done = 0;
    for (const Sent& event : first.events) {
      if (event.seq > answer.acked_seq) break;
      ++done;
      acknowledged_.seq = event.seq;
      if (event.queue_seq == 0) continue;
      acknowledged_.queue_seq = event.queue_seq;
      acknowledged_to_ = event.position;
    }
    heard.moved = heard.moved || done > 0;
    const bool whole = done == first.events.size();
    first.events.erase(first.events.begin(), first.events.begin() + static_cast<std::ptrdiff_t>(done));
    if (!whole) break;
    in_flight_bytes_ -= first.bytes;
    window_.pop_front();
  }
  ephemerals_.arrived(answer.acked_seq);
  if (heard.moved) batch_max_ = std::min(limits_.batch_events, batch_max_ * 2);
  if (!in_flight(batch)) return heard;
  if (answer.rejected.empty()) {
    heard.what = What::kGoBack;  // it took a part
    return heard;
  }
  // What was rejected stands first of what is left, or the answer makes no sense.
  const event::RejectedEvent& rejected = answer.rejected.front();
  const Heard lie{What::kLie, "the other side rejected event " + rejected.event_id + " of stream " + name_ +
                                  ", which is not the next one"};
  if (window_.front().batch.get() != &batch) return lie;
  const Sent& first = window_.front().events.front();
  const std::size_t index = batch.events.size() - window_.front().events.size();
  const Result<json::Value> envelope = json::parse(batch.events[index]);
  const bool is_it = rejected.seq == first.seq || (envelope.ok() && !rejected.event_id.empty() &&
                                                   json::string_or(*envelope, "event_id", "") == rejected.event_id);
  if (!is_it) return lie;
  Heard found = poison(first, std::string(lumenflow::name(rejected.code)) + ": " + rejected.message);
  found.moved = heard.moved;
  return found;
}

bool StreamSender::in_flight(const Batch& batch) const {
  return std::any_of(window_.begin(), window_.end(),
                     [&batch](const InFlight& other) { return other.batch.get() == &batch; });
}

StreamSender::Heard StreamSender::poison(const Sent& event, const std::string& why) {
  Heard heard{What::kPoison, why};
  if (event.queue_seq != 0) heard.dead = event.position;
  return heard;
}

StreamSender::Heard StreamSender::refused_for_good(const Batch& batch, const Error& why) {
  const bool alone = batch.events.size() == 1;
  if (alone && !window_.empty() && window_.front().batch.get() == &batch && !window_.front().events.empty())
    return poison(window_.front().events.front(), why.to_string());
  batch_max_ = std::max<std::size_t>(1, std::min(batch_max_, batch.events.size()) / 2);
  return {What::kGoBack, {}};
}

std::optional<Position> StreamSender::first_unsent() const {
  for (const Item& item : ready_)
    if (item.queue_seq == 0) return item.position;
  if (!waiting_.empty()) return waiting_.front().position;
  return std::nullopt;
}

std::optional<Position> StreamSender::blocked_at() const {
  if (ready_.empty() || ephemerals_.may_send(ready_.front().position)) return std::nullopt;
  return ready_.front().position;
}

std::size_t StreamSender::held_events() const {
  std::size_t count = ready_.size() + waiting_.size() + ephemerals_.held();
  for (const InFlight& batch : window_) count += batch.batch->events.size();
  return count;
}

}  // namespace lumenflow::uplink
