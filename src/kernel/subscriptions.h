// Which events the packs' handlers and automations wait for: how far each pack has read the journal, what of it waits
// for its handlers, and what is tried again when.
//
// A pack reads by one position. Events of one stream wait in a queue, in their order, and one of them at most is with
// its handler; queues are bounded, and what found no room is read again when there is some. Volatile: the cursors
// `handler/<pack>` and `handler/<pack>/<stream>` in the journal say what is done, and load() goes back to them. Used on
// the strand only.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/strong.h"
#include "base/time.h"
#include "kernel/cancellation.h"
#include "log/log.h"
#include "lumenflow/handler.h"
#include "lumenflow/result.h"
#include "pack/registry.h"

namespace lumenflow::journal {
struct ReadEntry;
}

namespace lumenflow::kernel {

// What the journal calls a pack's cursor: of all its streams, and of one.
std::string handler_cursor(std::string_view pack_id);
std::string handler_cursor(std::string_view pack_id, std::string_view stream);

// What stands in a pack's place for one of its automations, or of the workspace's (no pack): no pack's id has a colon.
std::string automation_reader(std::string_view pack_id, std::string_view automation_id);
// … and for what it watches besides the kinds of its handlers (pack::HostContext::watch).
std::string watch_reader(std::string_view pack_id);

// An event on its way to one handler, or to an automation.
struct Delivery {
  Position at;
  std::string pack_id;  // or automation_reader()
  // Since its turn came; shared: what runs comes from there, over a reload.
  std::shared_ptr<const pack::Registry> registry;
  std::shared_ptr<const std::vector<pack::Automation>> automations;  // likewise
  const pack::LoadedPack* pack = nullptr;
  const pack::RegisteredHandler* handler = nullptr;  // null: an automation takes it
  const pack::Automation* automation = nullptr;      // likewise
  pack::Event event;
  std::string traceparent;
  std::size_t bytes = 0;

  int attempts = 0;   // that failed
  int conflicts = 0;  // runs of this attempt whose store transaction was refused
  std::optional<std::string> replay_key;
  std::uint64_t store_version = 0;  // of the pack's store when the handler was launched
  std::chrono::nanoseconds launched{0};
  Cancellation cancelled;  // shared with the thread that runs the handler
  std::uint64_t generation = 0;
  bool approved = false;  // whoever had to approve it has
  bool redriven = false;  // a dead letter that an operator sent again: one attempt, outside of the stream's order

  std::string id() const;  // "dlv-<pack>-<position>"
  // Whose store it may write.
  const std::string& store() const { return pack == nullptr ? pack_id : pack->manifest.id; }
};
using DeliveryPtr = std::shared_ptr<Delivery>;             // the queue's, shared with the thread that runs the handler
DeliveryPtr delivery_of(const journal::ReadEntry& entry);  // deliver.cc

// A piece of the journal to read for one pack.
struct EventRead {
  std::string pack_id;
  std::uint64_t generation = 0;
  Position after;
  std::vector<std::string> kinds;         // in byte order
  std::vector<DeliveryPtr> found;         // filled by the reader: in order of position
  Result<Position> read_to = Position();  // likewise
};

class Subscriptions {
 public:
  // `automations`: those of the workspace itself, beside the packs'.
  using Automations = std::shared_ptr<const std::vector<pack::Automation>>;  // shared with what runs, over a reload
  Subscriptions(std::shared_ptr<const pack::Registry> registry, Automations automations);

  // Goes over to another registry. A pack that handles the same kinds goes on where it is; one that handles others goes
  // back to its cursors, as load() does.
  Status rebind(std::shared_ptr<const pack::Registry> registry, Automations automations, log::Log& log);

  // What a pack watches from now on, instead of what it watched before; in the open batch. A pack that is not there
  // watches nothing.
  Status watch(const std::string& pack_id, std::vector<pack::Trigger> triggers, log::Log& log);
  // Goes back to the cursors; makes those that are missing at the end of the journal, in the open batch. What is with a
  // handler stays so until it returns, and counts for nothing.
  Status load(log::Log& log);
  bool empty() const { return packs_.empty(); }

  // An event of this kind was put on a stream, or came in on one, in the open batch.
  void emitted(std::string_view kind);
  // The open batch ends at `end`.
  void sealed(Position end);
  // Everything up to `end` is durable.
  void durable(Position end);

  bool has_reads() const;  // whether something is to be read
  // What is to be read now; from now on it is being read.
  std::vector<EventRead> take_reads();
  void read(EventRead read);

  // Runs a dead letter once more, as soon as nothing of its stream runs. NOT_FOUND when no handler of the pack takes
  // it.
  Status redrive(std::string_view pack_id, DeliveryPtr delivery);

  // The next delivery whose turn it is, which from now on runs; null when there is none.
  DeliveryPtr take_due(std::chrono::nanoseconds now);
  bool has_due(std::chrono::nanoseconds now) const;
  // Whether it still is what it was when it was launched; where not, the stream is free again.
  bool still_wanted(const Delivery& delivery);
  void dealt_with(const Delivery& delivery);
  void try_again(const Delivery& delivery, std::chrono::nanoseconds at);

  // Cursors of whole packs that lag behind by `lag` entries or more of which nothing is left to do, and where they may
  // go; they count as moved.
  std::vector<std::pair<std::string, Position>> take_cursor_moves(std::uint64_t lag);
  std::optional<std::chrono::nanoseconds> next_retry() const;  // monotonic
  bool any_running() const;
  // Tells the handlers that run to stop.
  void cancel_running();
  // Those that have been with their handlers since before `before` and were not told yet.
  std::vector<DeliveryPtr> overdue(std::chrono::nanoseconds before) const;

  struct Backlog {
    std::string pack_id, stream;
    std::uint64_t waiting;
  };
  std::vector<Backlog> backlogs() const;

 private:
  struct Queue {
    Position done;       // everything up to here is dealt with
    Position queued_to;  // the last that was put in
    std::deque<DeliveryPtr> waiting;
    std::deque<DeliveryPtr> redriven;  // before all that wait
    std::size_t bytes = 0;
    DeliveryPtr running;  // shared with its thread
    std::chrono::nanoseconds not_before{0};
    std::optional<Position> overflow_from;  // what stands after it found no room
    int attempts_of_first = 0;              // as the journal has it
    Position first;                         // the delivery they are of
    bool full() const;
    bool due(std::chrono::nanoseconds now) const;
    bool reopens() const;  // what found no room has some now
  };
  // A pack with its handlers, or one automation, which has cursors of its own.
  struct Pack {
    const pack::LoadedPack* pack;                                                 // null: the workspace itself
    std::map<std::string, const pack::RegisteredHandler*, std::less<>> handlers;  // by kind; an automation's is null
    const pack::Automation* automation = nullptr;
    std::map<std::string, Queue, std::less<>> queues;  // by stream
    Position base;                                     // the pack's cursor
    Position read_to;                                  // where the next read begins
    Position high;                                     // the furthest it ever was
    Position wanted_until;                             // beyond it there is nothing for this pack
    bool interested = false;                           // in something of the open batch
    bool reading = false;
    std::uint64_t generation = 0;
  };
  Status load(const std::string& id, Pack& pack, log::Log& log);
  std::map<std::string, Pack, std::less<>> bind() const;
  static void take_in(Pack& pack, DeliveryPtr delivery);
  static bool reopen_overflow(Pack& pack);
  static Position safe_base(const Pack& pack);
  Queue& queue_of(const Delivery& delivery);

  std::shared_ptr<const pack::Registry> registry_;  // shared with what runs
  Automations automations_;
  std::map<std::string, std::vector<pack::RegisteredHandler>, std::less<>> watched_;  // by pack
  std::map<std::string, Pack, std::less<>> packs_;  // those that have handlers, and automations by automation_reader()
  Position durable_;
  std::uint64_t generation_ = 0;
};

}  // namespace lumenflow::kernel
