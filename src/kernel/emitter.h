// Puts events on the workspace's stream: stamps them with `seq`, `queue_seq` and `emitted_at`, and keeps the stream's
// head.
//
// Used on the strand only; what it makes belongs to the batch that is open.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/time.h"
#include "event/event.h"
#include "journal/key_window.h"
#include "journal/tables.h"
#include "kernel/call.h"
#include "log/log.h"
#include "lumenflow/pack.h"
#include "pack/manifest.h"

namespace lumenflow::kernel {

// The stream that carries what the workspace emits.
inline constexpr std::string_view kSidecarStream = "sidecar";

struct PendingEvent {
  std::string kind;
  json::Value payload;
  pack::EmitOptions options;
};

// Checks an emission against the emitting pack's manifest: UNKNOWN_KIND naming the line to add, INVALID_PAYLOAD,
// PAYLOAD_TOO_LARGE.
Status check_emission(const pack::Manifest& manifest, const PendingEvent& event);

class Emitter {
 public:
  Emitter(log::Log& log, Random& random, std::string from, std::chrono::milliseconds window)
      : log_(log),
        random_(random),
        from_(std::move(from)),
        keys_(log, {journal::kEventKeysTable, journal::kEventKeyIndexTable}),
        window_(window) {}

  Status load();  // the stream's head and its keys; also the way back after a failed commit

  // IDEMPOTENCY_CONFLICT when the event's key is live with another payload.
  Status check_key(const PendingEvent& event, Timestamp now);
  // The entry of a new event. With an idempotency key that is live: nothing, when the payload is equal;
  // IDEMPOTENCY_CONFLICT when it differs.
  Result<std::optional<std::string>> emit(PendingEvent event, event::EventClass event_class, Timestamp now,
                                          const Call& cause);
  // Writes the stream's head, once per batch.
  Status flush();
  const journal::StreamHead& head() const { return head_; }

 private:
  // Whether the same emission was made before; IDEMPOTENCY_CONFLICT when it had another payload.
  Result<bool> known(const PendingEvent& event, const Hash256& key, const Hash256& payload_hash, Timestamp now);
  std::string stamp(const event::Event& event, event::EventClass event_class, Timestamp now, const Call& cause);
  log::Log& log_;
  Random& random_;
  const std::string from_;
  journal::KeyWindow keys_;  // SHA-256 of kind, NUL, key -> what the first emission fixed
  const std::chrono::milliseconds window_;
  journal::StreamHead head_;
  bool dirty_ = false;
};

}  // namespace lumenflow::kernel
