// Says on the event bus what has become durable: a tick for each batch of the journal, after its commit.
//
// It only rings. Whoever must not miss something reads the Log: a full bus channel, a listener that throws and a bus
// that nobody listens to change nothing of the journal and hold up no answer. Used on the strand only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "bus/bus.h"
#include "bus/frame_writer.h"
#include "kernel/ring.h"
#include "log/log.h"
#include "lumenflow/result.h"
#include "pack/registry.h"

namespace lumenflow::kernel {

class Bell {
 public:
  explicit Bell(const pack::Registry& registry);
  ~Bell();
  // A reload: the catalogue of other packs, the listeners of before. One whose type is gone hears nothing until it is
  // back.
  void rebind(const pack::Registry& registry);

  // Called for each such event from the next batch on, over reloads. The label names it in reports. NOT_FOUND, in three
  // lines, for a type that the catalogue does not have.
  Status listen(std::string type, bus::Handler handler, std::string label);
  bool anyone() const { return watcher_ != nullptr || !listeners_.empty() || automations_ > 0; }
  // An event that an automation waits for which hears the bus. Valid during the call.
  struct Heard {
    const pack::LoadedPack& pack;
    const pack::Automation& automation;
    const bus::Event& event;
    std::string_view traceparent;
  };
  void call_automations(std::function<void(const Heard&)> hear) { hear_ = std::move(hear); }
  // A recorder wants every tick: what was said in it is added there, until null is given. Borrowed. It begins while
  // nothing is about to be said.
  void watch(bus::FrameEvents* watcher);
  const catalogue::Catalogue& catalogue() const { return catalogue_; }
  bus::BusSnapshot snapshot() const { return bus_->snapshot(); }
  // By type: events that their channel had no room for, over reloads. The journal has those of the kernel and of types
  // with a kind.
  using Counts = std::map<std::string, std::uint64_t, std::less<>>;
  const Counts& overflows() const { return overflows_; }
  // Since the recorder watches, of types that nothing else keeps: for people.
  std::vector<std::string> lost() const;
  std::size_t waiting(std::string_view type) const;  // of a pack's type, in the batch that is open

  // What the row will say that is appended next; nothing is kept while nobody listens. `index`: of the call's entry in
  // that row.
  void emitted(const EmittedFacts& event, const std::string& traceparent);
  void finished(const FinishedFacts& call, std::size_t index, const std::string& traceparent);
  void published(const catalogue::EventType& type, const json::Value& payload, const std::string& traceparent);
  // Before the row is appended, then once it is in the batch that is open.
  void place(const log::Row& row);
  void appended(Position first);
  // Of the rows that were appended since the last time.
  Rings take();
  void forget();  // the same, when there will be no such batch

  void ring(std::uint64_t tick, Rings rings, Timestamp now);

 private:
  class Reporter;
  struct Listener {
    std::string type;
    std::shared_ptr<const bus::Handler> handler;  // shared with the bus
    std::string label;
  };
  template <class Payload, class Facts>
  void add(Ring::Kind kind, std::int64_t position, const Facts& facts, const std::string& traceparent);
  Status subscribe(const Listener& listener);
  void subscribe_automations(const pack::Registry& registry);
  Result<bus::Published> publish(Ring& ring);
  void say(Ring& ring);
  void note_overflow(const Ring& ring);
  void report_lost();
  void note_tick(const Rings& rings);

  std::unique_ptr<Reporter> reporter_;
  catalogue::Catalogue catalogue_;
  std::unique_ptr<bus::EventBus> bus_;  // of one catalogue; never null
  bus::FrameEvents* watcher_ = nullptr;
  std::vector<const Ring*> said_;  // of the tick, in the order of their dispatch
  Counts overflows_;
  Counts lost_, lost_of_tick_;  // lost: kept by nothing; since the recorder watches
  std::vector<Listener> listeners_;
  std::function<void(const Heard&)> hear_;
  std::size_t automations_ = 0;                                // that hear the bus
  std::vector<std::pair<std::uint64_t, std::string>> traces_;  // of the tick, by the order of dispatch
  Rings open_;                                                 // of the batch
  std::size_t appended_ = 0;  // of them; those after it are of a row that is not yet, and count from its beginning
  std::vector<Rings> spare_;  // cleared: batches are like those before them
};

}  // namespace lumenflow::kernel
