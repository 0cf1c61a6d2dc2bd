// One stream on its way out: reads ahead a little, cuts batches, keeps what is in flight, and goes back to what the
// other side has (go-back-N) whenever a conversation starts anew.
//
// Part of the engine: no I/O of its own but reads through Source, no clock. Not thread safe.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "event/stream_intake.h"
#include "uplink/ephemerals.h"
#include "uplink/limits.h"
#include "uplink/link.h"
#include "uplink/source.h"

namespace lumenflow::uplink {

class StreamSender {
 public:
  StreamSender(std::string name, const journal::OutboxStream& row, bool known, const EngineLimits& limits);

  const std::string& name() const { return name_; }
  event::StreamPlace base() const { return base_; }
  Ephemerals& ephemerals() { return ephemerals_; }
  const Ephemerals& ephemerals() const { return ephemerals_; }

  // --- what the journal says: events of this stream in order ---

  // `live`: the conversation stands, so that it may go out at once. `disconnected`: an ephemeral is lost.
  void emitted(TailEvent event, bool live, bool disconnected, Millis now);
  // Seen at the start: an earlier run may have sent it.
  void emitted_before_start(const TailEvent& event);

  // --- the conversation ---

  // The other side has `there`. LOG_FORKED when that cannot be.
  Status begin(const Source& source, event::StreamPlace there);
  // The other side begins anew, behind what was acknowledged.
  void rebase() { base_ = acknowledged_; }
  // It ended. Ephemerals that wait are lost with the connection, or wait on.
  void end(bool disconnected);

  // Reads ahead, up to `tail`.
  Status fill(const Source& source, Position tail, Millis now);
  // The next batch to send, when one is due.
  std::shared_ptr<const Batch> next_batch(const std::string& log_id, std::uint64_t session, Millis now);
  // When one will be due, if nothing else happens.
  std::optional<Millis> due_at() const;

  struct Heard {
    enum class What : std::uint8_t { kFine, kGoBack, kPoison, kLie } what = What::kFine;
    std::string message;                // kLie; kPoison: why
    std::optional<Position> dead = {};  // kPoison, when it is of the queue class
    bool moved = false;                 // something new was acknowledged
  };
  Heard acknowledged(const Batch& batch, const BatchAnswer& answer);
  // The batch as a whole is malformed: smaller ones from now on, until the fault stands alone.
  Heard refused_for_good(const Batch& batch, const Error& why);

  bool in_flight(const Batch& batch) const;
  // Up to where queue-class events are acknowledged by the other side.
  Position acknowledged_to() const { return acknowledged_to_; }
  // The first ephemeral event that waits to be sent.
  std::optional<Position> first_unsent() const;
  std::optional<Position> blocked_at() const;  // the next event, when it may not go before a settlement
  bool idle() const { return window_.empty() && ready_.empty(); }
  std::size_t held_events() const;
  std::size_t held_bytes() const { return ready_bytes_ + waiting_bytes_ + in_flight_bytes_; }

 private:
  struct Item {
    Position position;
    std::uint64_t seq = 0;
    std::uint64_t queue_seq = 0;  // 0: an ephemeral
    std::string kind;             // of an ephemeral
    std::string text;
  };
  struct Sent {
    Position position;
    std::uint64_t seq = 0;
    std::uint64_t queue_seq = 0;
  };
  struct InFlight {
    std::shared_ptr<const Batch> batch;
    std::vector<Sent> events;
    std::size_t bytes = 0;
  };
  void keep_waiting(Item item);
  void push_ready(Item item);
  void drop(Position at, const std::string& kind);
  Heard poison(const Sent& event, const std::string& why);
  std::size_t sendable() const;  // of `ready_`, into one batch

  const std::string name_;
  const EngineLimits& limits_;
  event::StreamPlace base_;
  event::StreamPlace acknowledged_;  // by the other side, as it said
  Position acknowledged_to_;
  event::StreamPlace sent_;  // what the next batch follows
  Position read_to_;         // of the queue class everything up to there is acknowledged, in flight or ready
  bool caught_up_ = false;   // … and that is the tail
  std::deque<Item> ready_;   // next to be sent, both classes
  std::deque<InFlight> window_;
  std::deque<Item> waiting_;  // ephemerals behind a backlog
  bool overflowing_ = false;
  Position last_kept_;  // the last ephemeral that was not dropped
  Position last_dropped_;
  std::size_t batch_max_;  // events; less while a poisoned one is being found
  std::size_t ready_bytes_ = 0, waiting_bytes_ = 0, in_flight_bytes_ = 0;
  Millis ready_since_{0};
  Ephemerals ephemerals_;
};

}  // namespace lumenflow::uplink
