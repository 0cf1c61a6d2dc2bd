// Puts events on the workspace's stream: stamps them with `seq`, `queue_seq` and `emitted_at`, and keeps the stream's
// head.
//
// Used on the strand only; what it makes belongs to the batch that is open.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "catalogue/event_type.h"
#include "event/event.h"
#include "journal/key_window.h"
#include "journal/outbox.h"
#include "journal/tables.h"
#include "kernel/call.h"
#include "log/log.h"
#include "lumenflow/pack.h"
#include "pack/manifest.h"

namespace lumenflow::kernel {

// The stream that carries what the workspace emits.
inline constexpr std::string_view kSidecarStream = "sidecar";

// What an emission has become: a new entry, or the event of the first time under its key.
struct Emission {
  std::optional<std::string> entry;  // to append; nothing when there was one before
  pack::Emitted event;
};

struct PendingEvent {
  std::string kind;  // empty: it is said on the bus alone
  json::Value payload;
  pack::EmitOptions options;
  std::string runtime_type = {};  // that it is said as on the bus once it is durable; empty: none

  // As whoever emits it calls it.
  const std::string& name() const { return runtime_type.empty() ? kind : runtime_type; }
};

// What a pack emits by this name: a kind of its own, or one of its runtime event types, which may have a kind.
PendingEvent pending_event(const pack::Manifest& manifest, std::string_view name, json::Value payload,
                           pack::EmitOptions options);

// Checks an emission against the emitting pack's manifest: UNKNOWN_KIND naming the line to add, INVALID_PAYLOAD,
// PAYLOAD_TOO_LARGE. The bytes of its payload's canonical form.
Result<std::size_t> check_emission(const pack::Manifest& manifest, const PendingEvent& event);

// EVENT_BUFFER_OVERFLOW: it has no kind that would keep it, and its bus channel holds no more of it in this tick.
Error bus_is_full(const catalogue::EventType& type);

class Emitter {
 public:
  // Called for each event put on the stream, in their order.
  using Noticed = std::function<void(const event::Event& event, std::uint64_t seq, const Call& cause)>;
  Emitter(log::Log& log, Random& random, std::string from, std::chrono::milliseconds window, Noticed noticed = {})
      : log_(log),
        random_(random),
        from_(std::move(from)),
        keys_(log, {journal::kEventKeysTable, journal::kEventKeyIndexTable}),
        window_(window),
        noticed_(std::move(noticed)) {}

  Status load();  // the stream's head and its keys; also the way back after a failed commit

  // IDEMPOTENCY_CONFLICT when the event's key is live with another payload.
  Status check_key(const PendingEvent& event, Timestamp now);
  // With an idempotency key that is live: the event of the first time, when the payload is equal; IDEMPOTENCY_CONFLICT
  // when it differs.
  Result<Emission> emit(PendingEvent event, event::EventClass event_class, Timestamp now, const Call& cause);
  // The entry of an event without a key, whose payload the caller wrote in canonical form.
  std::string emit_canonical(std::string_view kind, std::string canonical_payload, event::EventClass event_class,
                             Timestamp now, const Call& cause);
  // The event of an entry once more, under a new stamp: the entry to append.
  Result<std::string> emit_again(std::string_view entry, Timestamp now);
  // The stamps of the queue-class events since the last time, in order; `bytes` is for the caller to set.
  std::vector<journal::QueuedEvent> take_queued() { return std::exchange(queued_, {}); }
  // Writes the stream's head, once per batch.
  Status flush();
  const journal::StreamHead& head() const { return head_; }

 private:
  struct First {  // what the first emission under a key fixed
    Timestamp timestamp;
    std::uint64_t seq;
  };
  // Nothing when there is none; IDEMPOTENCY_CONFLICT when it had another payload.
  Result<std::optional<First>> known(const PendingEvent& event, const Hash256& key, const Hash256& payload_hash,
                                     Timestamp now);
  std::string stamp(const event::Event& event, event::EventClass event_class, Timestamp now, const Call& cause);
  log::Log& log_;
  Random& random_;
  const std::string from_;
  journal::KeyWindow keys_;  // SHA-256 of kind, NUL, key -> what the first emission fixed
  const std::chrono::milliseconds window_;
  const Noticed noticed_;
  journal::StreamHead head_;
  bool dirty_ = false;
  std::vector<journal::QueuedEvent> queued_;
};

}  // namespace lumenflow::kernel
