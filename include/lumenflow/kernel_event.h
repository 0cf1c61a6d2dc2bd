// A kernel event v2 as its emitter builds it, before the host stamps it on a stream.
//
// The function is the one the kernel itself uses, so a pack's own test can check what it emits, its event_id included,
// without a host. Pure but for the random id of an event without a key; any thread.
#pragma once

#include <string>
#include <string_view>

#include "lumenflow/host.h"
#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::pack {

struct KernelEvent {
  int schema_version = 2;
  std::string kind;
  std::string event_id;
  std::string timestamp;  // RFC 3339, UTC, exactly three fractional digits
  json::Value payload;
};

// With an idempotency key the id is the lower-case hex SHA-256 of the canonical JSON (RFC 8785) of
// {idempotencyKey, kind, payload, timestamp}: the same said twice is one event. Without one it is a random UUID
// (version 7). `options.timestamp` is needed. UNKNOWN_KIND for what is not `<slug>:<event_name>`, INVALID_PAYLOAD (no
// object, no canonical form), PAYLOAD_TOO_LARGE (canonical form over 256 KiB), INVALID_INPUT for the timestamp.
Result<KernelEvent> build_kernel_event_v2(std::string_view kind, json::Value payload, const EmitOptions& options);

}  // namespace lumenflow::pack
