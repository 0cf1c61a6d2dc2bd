// An emitted event as its entry in the journal says it, for whoever sends or counts events and does not look into them.
//
// Pure functions; thread safe because stateless.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "event/event.h"

namespace lumenflow::journal {

struct EmittedEvent {
  event::EventClass event_class = event::EventClass::kEphemeral;
  std::string stream;
  std::string kind;
  std::uint64_t seq = 0;
  std::uint64_t queue_seq = 0;  // 0 for an ephemeral
  Timestamp emitted_at;
};

// Nothing for an entry of another type; JOURNAL_DAMAGED for one that encode_event does not write.
Result<std::optional<EmittedEvent>> read_emitted(std::string_view entry);

// Whether it is the entry of an emitted event of the queue class; costs nothing.
bool is_queued(std::string_view entry);

// The envelope within the entry of an emitted event, as it stands there; empty for another entry.
std::string_view envelope_text(std::string_view entry);

}  // namespace lumenflow::journal
