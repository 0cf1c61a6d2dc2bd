// Reads an envelope that came from outside: what is malformed in any way is refused, so that whoever stores it need not
// look again.
//
// Pure functions; thread safe because stateless.
#pragma once

#include <string_view>

#include "event/event.h"

namespace lumenflow::event {

struct Received {
  Event event;  // with its canonical payload
  Stamp stamp;
};

inline constexpr std::uint64_t kSeqMax = (1ull << 53) - 1;  // what every JSON reader holds exactly

// INVALID_REQUEST with the pointer of the first fault; UNSUPPORTED_FORMAT for a newer schema_version, UNKNOWN_KIND,
// INVALID_PAYLOAD and PAYLOAD_TOO_LARGE as the builder says them. The payload is not checked against a pack's schema.
Result<Received> read_envelope(const json::Value& envelope);
// The same without a copy: the payload is moved out of `envelope`, whose other members stay as they are.
Result<Received> read_envelope(json::Value&& envelope);
// The same of text; MALFORMED_JSON when it is none.
Result<Received> parse_envelope(std::string_view text);

// sidecar, phone:<device_id> or bridge:<name>.
bool is_stream_name(std::string_view stream);

}  // namespace lumenflow::event
