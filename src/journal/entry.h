// The journal's entries: what a call leaves in the Log, as canonical JSON with a `type`.
//
// Encoding writes the members in canonical order directly, because every call pays for it; docs/formats/journal.md
// lists the shapes. Pure functions; thread safe because stateless.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/sha256.h"
#include "base/strong.h"
#include "base/time.h"
#include "event/event.h"
#include "lumenflow/json.h"

namespace lumenflow::journal {

// How a call ended (03-dispatch).
enum class Outcome : std::uint8_t {
  kSuccess,
  kFailure,
  kDenied,
  kPending,
  kCancelled,
  kStopped,
  kTimeout,
  kCrashed,
  kUnknown
};
std::string_view name(Outcome outcome);
std::optional<Outcome> outcome_from_name(std::string_view name);

// What the entries view outlives them: they are made to be encoded at once.

struct CallRequested {
  std::string_view receipt;
  Timestamp ts;
  std::string_view subject;
  std::string_view on_behalf_of;  // empty: absent
  std::string_view tool;          // canonical name; as asked when no tool has it
  std::string_view pack;          // empty: no such tool
  std::string_view pack_integrity;
  std::optional<Hash256> input_hash;  // of the canonical, redacted input; absent when it has no canonical form
  std::string_view idempotency_key;
};

struct CallStarted {
  std::string_view receipt;
  Timestamp ts;
  std::string_view isolation;  // the tier that applies: "in-process" for builtin packs
};

struct CallFinished {
  std::string_view receipt;
  Timestamp ts;
  Outcome outcome = Outcome::kSuccess;
  std::string_view code;        // empty on success
  int stage = 12;               // where it ended
  std::string_view decided_by;  // the rule, scope or default that decided
  std::string_view policy;      // the policy's decision, also where a later stage ended the call; empty: not reached
  std::optional<Hash256> output_hash;
  std::int64_t duration_us = 0;
  std::string_view isolation = {};  // what held the tool's code; empty: it ran in the program itself, or did not run
};

// Refusals by rate limit or draining: one entry per subject and second.
struct CallsRefused {
  Timestamp second;  // its start
  Subject subject;
  std::string code;
  std::uint64_t count = 0;
};

// A delivery of an event to a pack's handler has ended, or one attempt of it.
struct HandlerDone {
  std::string_view delivery_id;
  std::string_view pack;
  std::string_view kind;
  std::string_view event_id;
  std::string_view stream;
  Position position;         // of the event
  std::string_view outcome;  // applied, repeated, failed (it will be tried again), dead_lettered, parked
  std::string_view error;    // empty: none
  int attempt = 1;
  Timestamp ts;
  std::int64_t duration_us = 0;
};

// The workspace was opened, or closed in order.
struct WorkspaceChanged {
  std::string what;  // "opened", "drained", "reloaded"
  Timestamp ts;
  std::string config_hash;
  std::string version;  // of the program
};

// The operator key: pinned, or found on the disk where another one is pinned.
struct OperatorKeyNoted {
  std::string what;  // "pinned", "found"
  std::string thumbprint;
  std::string former;      // pinned: the one before; found: the one that is pinned; empty: none
  std::string decided_by;  // pinned: "first_opening", "operator_key" (the former one signed), "lost" (nobody did)
  Timestamp ts;
};

// What the other side gave could not be taken; it is not served as an event.
struct EventRefused {
  std::string_view log_id;     // of the other side's Log …
  std::uint64_t log_position;  // … and where it stands there
  const Error& why;
  Timestamp ts;
};

std::string encode(const CallRequested& entry);
std::string encode(const CallStarted& entry);
std::string encode(const CallFinished& entry);
std::string encode(const CallsRefused& entry);
std::string encode(const HandlerDone& entry);
std::string encode(const WorkspaceChanged& entry);
std::string encode(const OperatorKeyNoted& entry);
std::string encode(const EventRefused& entry);
std::string encode_event(const event::Event& event, const event::Stamp& stamp, event::EventClass event_class);
std::string encode_received(const event::Event& event, const event::Stamp& stamp, event::EventClass event_class,
                            Timestamp received_at);

// An entry as JSON; its `type` is always there. JOURNAL_DAMAGED when the bytes are no entry.
Result<json::Value> decode(std::string_view bytes);

// Whether the encoded entry is of this type, without parsing: `type` is not the first member, but unique in it.
std::string_view type_of(const json::Value& entry);

}  // namespace lumenflow::journal
