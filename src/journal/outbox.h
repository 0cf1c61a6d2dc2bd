// The outbox: which queue-class events the other side has not acknowledged yet, and how much that is.
//
// The events themselves stay in the journal. A short row for each pending one, in order of position, says where it is,
// so that reading the backlog costs as much as the backlog, whatever lies between; totals are kept, never counted.
//
// Outbox is the writer's half: one thread, the Log's writer. All it does belongs to the Log's open batch; flush()
// before the commit, load() after a batch was undone. The free functions below are anybody's half, over a Snapshot.
// docs/formats/journal.md has the bytes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "journal/tables.h"
#include "log/cursor.h"
#include "log/log.h"

namespace lumenflow::journal {

struct OutboxLimits {
  std::uint64_t events_max = 1'000'000;
  std::uint64_t bytes_max = 1ull << 30;  // of entries in the journal
};

struct QueuedEvent {
  std::uint64_t seq = 0;
  std::uint64_t queue_seq = 0;
  std::uint64_t bytes = 0;  // of its entry
  Timestamp emitted_at;
};

struct OutboxItem {
  Position position;
  QueuedEvent event;
  std::string tombstone;  // why it was set aside, and goes out as a tombstone; empty: it goes out itself
};

// Up to where a stream's ephemerals have been dealt with: those up to `settled` arrived or are counted as dropped;
// those in (dropped_after, dropped_to], beyond it, are counted too, and what lies between may have been sent.
struct EphemeralMark {
  Position settled;
  Position dropped_after;
  Position dropped_to;
  bool operator==(const EphemeralMark&) const = default;
};

struct OutboxStream {
  std::uint64_t events = 0;  // pending
  std::uint64_t bytes = 0;   // pending
  StreamHead base;           // where the enrollment began: nothing up to here is ever sent
  StreamHead acknowledged;   // the last queue-class event that was
  EphemeralMark ephemerals;
};

struct OutboxSwitch {
  bool enabled = false;
  Position since;           // emissions after it are pending until acknowledged
  Position backlog_after;   // older ones after this position are to be included …
  Position backlog_before;  // … and from here on are
  bool backlog_included() const { return backlog_before <= backlog_after.next(); }
};

class Outbox {
 public:
  explicit Outbox(log::Log& log, OutboxLimits limits = {}) : log_(log), limits_(limits) {}

  // JOURNAL_DAMAGED; UNSUPPORTED_FORMAT when a newer version wrote it.
  Status load();

  // --- on and off (`uplink: none` is off); at the start of a batch, before anything is emitted in it ---

  const OutboxSwitch& state() const { return switch_; }
  // From now on every queue-class emission is pending. `after` is the newest position for an enrollment that starts
  // now, 0 for one with all its backlog; then include_backlog() until backlog_included(). Nothing when it is on.
  Status enable(Position after);
  // Includes older emissions, newest first, looking at up to `entries_max` entries. OUTBOX_FULL leaves the rest out
  // for good: the enrollment begins where the room ended.
  Status include_backlog(std::size_t entries_max);
  // Nothing is pending any more, and nothing will be. Says how many events were given up.
  Result<std::uint64_t> disable();

  // --- the emitter ---

  // Whether so much more fits, with what this batch has added: OUTBOX_FULL otherwise. Costs nothing.
  Status check(std::uint64_t events, std::uint64_t bytes) const;
  // A queue-class event that was appended at `position`; beyond every earlier one. Does nothing while off.
  Status add(std::string_view stream, Position position, const QueuedEvent& event);

  // --- the uplink ---

  // Everything up to there is durable on the other side. Again, or for what is acknowledged already: nothing happens.
  Status acknowledge(std::string_view stream, Position to);
  // The first pending event was refused for good. Its tombstone takes its place, and it becomes a dead letter.
  // NOT_FOUND when it is not pending, INVALID_INPUT when it is not the first.
  Status dead_letter(std::string_view stream, Position position, std::string_view reason);
  // `dropped` is by kind, and comes on top of what was counted before.
  Status settle(std::string_view stream, const EphemeralMark& mark,
                const std::map<std::string, std::uint64_t>& dropped);

  // --- the operator ---

  // The other side is to take this journal as a new one: streams begin there behind what was acknowledged.
  Status rebase();

  // The dead letter is none any more: to emit its event anew at the end of the stream, or to let it go (purge).
  // NOT_FOUND when it is none.
  Result<log::DeadLetter> take_back(std::string_view stream, Position position);

  // Writes what changed of the totals: once per batch.
  Status flush();

  std::uint64_t events() const { return events_; }
  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t dead_letters() const;
  const OutboxLimits& limits() const { return limits_; }

 private:
  using Streams = std::map<std::string, OutboxStream, std::less<>>;
  Result<OutboxStream*> stream_row(std::string_view stream);
  Status put_pending(std::string_view stream, const OutboxItem& item);
  Status include(Position after, Position before);
  Status include_row(const log::StoredRow& row, Position after, Position before, Streams& included);
  Status put_switch();
  void touch(std::string_view stream);
  Status load_letters();
  Status count_letter(std::string_view stream, bool more);

  log::Log& log_;
  const OutboxLimits limits_;
  OutboxSwitch switch_;
  Streams streams_;
  std::map<std::string, bool, std::less<>> dirty_;
  std::map<std::string, std::uint64_t, std::less<>> letters_;  // dead letters, by stream
  std::uint64_t events_ = 0;
  std::uint64_t bytes_ = 0;
};

// The name of a stream's log::Cursor: it keeps pending entries from retention, and holds the dead letters.
std::string outbox_cursor(std::string_view stream);

// Pending events after a position, oldest first.
Result<std::vector<OutboxItem>> pending_events(const log::TableReader& tables, std::string_view stream, Position after,
                                               std::size_t limit);
Result<OutboxSwitch> outbox_switch(const log::TableReader& tables);
Result<std::map<std::string, OutboxStream, std::less<>>> outbox_streams(const log::TableReader& tables);
// Ephemeral events dropped since the workspace began, by kind.
Result<std::map<std::string, std::uint64_t>> dropped_ephemerals(const log::TableReader& tables);
// How many dead letters there are, by stream: kept with each change, and counted only where that was never done.
Result<std::map<std::string, std::uint64_t, std::less<>>> outbox_dead_letter_counts(const log::TableReader& tables);
// Events that went out as tombstones, with the reasons, for good: also those that are dead letters no more.
Result<std::vector<log::DeadLetter>> outbox_tombstones(const log::TableReader& tables, std::string_view stream,
                                                       Position after, std::size_t limit);
Result<std::vector<log::DeadLetter>> outbox_dead_letters(const log::TableReader& tables, std::string_view stream,
                                                         Position after, std::size_t limit);

}  // namespace lumenflow::journal
