// What one batch has to say on the event bus, from when its entries are made until they are durable.
//
// Hardly anybody listens to the kernel's own events: then they are no structs, but take their place on the bus. A
// recording has their payloads, which are written as text when they are made, into one buffer of the batch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bus/byte_buffer.h"
#include "catalogue/generated/runtime_event_manifest.generated.h"
#include "event/event.h"
#include "lumenflow/json.h"

namespace lumenflow::kernel {

using EventEmitted = runtime_events::core_::kernel::EventEmitted;
using CallFinished = runtime_events::core_::kernel::CallFinished;

// Borrowed: valid while the bell is told.
struct EmittedFacts {
  const event::Event& event;
  std::string_view stream;
  std::uint64_t seq = 0;
};
struct FinishedFacts {
  std::string_view receipt, tool, subject, outcome, code;  // code: empty for none
  std::int64_t duration_us = 0;
};

// As payload structs; their position is not known yet.
EventEmitted payload_of(const EmittedFacts& facts);
CallFinished payload_of(const FinishedFacts& facts);
// As canonical JSON, appended: of the same payloads, without their positions. Where in `out` the position goes.
std::size_t append_payload(const EmittedFacts& facts, bus::ByteBuffer& out);
std::size_t append_payload(const FinishedFacts& facts, bus::ByteBuffer& out);

// What a pack says by one of its own types.
struct PackEvent {
  std::string type;
  json::Value payload;
  bool sealed = false;  // it was judged when it was emitted, and holds HMACs where its schema may want something else
};

struct Ring {
  enum class Kind : std::uint8_t { kEmitted, kFinished, kPack };
  struct Heard {
    std::variant<EventEmitted, CallFinished, PackEvent> payload;
    std::string traceparent;  // of the call that led to it; kept where automations hear it
  };
  Kind kind;
  std::int64_t position = 0;                            // of its entry
  std::size_t text = 0, position_at = 0, text_end = 0;  // in the batch's text; nothing where nobody records
  std::unique_ptr<Heard> heard = nullptr;               // null: nobody listens
};

// What one batch says, in the order of the journal.
struct Rings {
  std::vector<Ring> rings;
  bus::ByteBuffer text;
  bool empty() const { return rings.empty(); }
  void clear() {  // keeps its memory
    rings.clear();
    text.clear();
  }
};

}  // namespace lumenflow::kernel
