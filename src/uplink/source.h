// What the engine reads of the journal: durable entries and the outbox's rows, in pages.
//
// Used by the engine's thread only. JOURNAL_DAMAGED and the like pass through.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/sha256.h"
#include "base/strong.h"
#include "journal/emitted.h"
#include "journal/inbound.h"
#include "journal/outbox.h"
#include "log/log.h"

namespace lumenflow::uplink {

struct OutboxView {
  std::string log_id;
  Position end;  // of the journal
  journal::OutboxSwitch state;
  std::map<std::string, journal::OutboxStream, std::less<>> streams;
  std::map<std::string, std::uint64_t> dropped;  // ephemerals, by kind
  journal::InboundAt inbound;
};

struct TailEvent {
  Position position;
  journal::EmittedEvent event;
  std::string text;  // the envelope
};
struct Tail {
  Position last;  // looked at up to here
  std::vector<TailEvent> events;
};

struct BacklogEvent {
  Position position;
  std::uint64_t seq = 0;
  std::uint64_t queue_seq = 0;
  std::string text;  // the envelope or its tombstone
};
struct Backlog {
  std::vector<BacklogEvent> events;
  bool more = false;  // than what was asked for
};

class Source {
 public:
  virtual ~Source() = default;
  virtual Position end() const = 0;
  virtual Result<OutboxView> view() const = 0;
  // What was emitted after `after`, of either class, looking at up to `entries_max` entries.
  virtual Result<Tail> tail(Position after, std::size_t entries_max) const = 0;
  // Pending events in (after, through], oldest first, until one of the limits (at least one).
  virtual Result<Backlog> backlog(std::string_view stream, Position after, Position through, std::size_t events_max,
                                  std::size_t bytes_max) const = 0;
  // The rows alone.
  virtual Result<std::vector<journal::OutboxItem>> items(std::string_view stream, Position after,
                                                         std::size_t limit) const = 0;
  // The stream's head as last written.
  virtual Result<journal::StreamHead> head(std::string_view stream) const = 0;
  // Whether the journal's tree had this root at this size.
  virtual Result<bool> had_root(std::uint64_t size, const Hash256& root) const = 0;
};

// Borrows the Log.
std::unique_ptr<Source> make_journal_source(const log::Log& log);

}  // namespace lumenflow::uplink
