// How a pack handles events: one handler for each kind that its manifest subscribes to.
//
// A delivery is made at least once and applied once: what the handler writes to the store, the events it emits and the
// note that this event was handled commit together. What has effects elsewhere may be called again with the same event
// after a crash, so such an effect must be one that does no harm twice (an upsert). Events of one stream come in their
// order, one at a time; events of different streams may come at the same time.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "lumenflow/host.h"
#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::pack {

// An event as its handler sees it.
struct Event {
  std::string kind;
  std::string event_id;
  std::string timestamp;  // when it happened: RFC 3339, UTC, milliseconds
  std::string from;       // the subject that emitted it, from its token
  std::string stream;     // sidecar, phone:<device_id>, bridge:<name>
  std::uint64_t seq = 0;  // in that stream
  json::Value payload;    // of a flat kind: its members, without the envelope's
};

// One delivery. now_ms() and new_ulid() are recorded readings: a handler that needs the time or chance takes it here.
class HandlerContext : public HostContext {
 public:
  virtual const std::string& delivery_id() const = 0;  // the same for every attempt
  virtual int attempt() const = 0;                     // 1 for the first
};

// An error lets the delivery be tried again, with growing pauses, and in the end be set aside as a dead letter.
using EventHandler = std::function<Status(HandlerContext&, const Event&)>;

// What makes two events the same to the handler: equal keys are applied once. A function of the event alone.
using ReplayKey = std::function<std::string(const Event&)>;

struct HandlerTraits {
  // Called twice with one event it leaves the same state. Without it a replay key is needed.
  bool idempotent = false;
  // As for tools: nothing but the store and the context; back within tens of microseconds.
  bool store_only = false;
  bool bounded = false;
};

// Hears of the events of a kind, any that is declared by anybody, as a handler does that is idempotent, store-only and
// bounded. Which events lie before the first watch() is not defined: a handler looks at their time.
struct Trigger {
  std::string kind;
  EventHandler handler;
};

struct RegisteredHandler {
  std::string kind;
  HandlerTraits traits;
  EventHandler handler;
  ReplayKey replay_key;  // empty: the event's id
};

}  // namespace lumenflow::pack
