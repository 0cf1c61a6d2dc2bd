#include "event/event.h"

#include <utility>

#include "base/check.h"
#include "base/ulid.h"
#include "event/build.h"

namespace lumenflow::event {

Result<Event> build_kernel_event_v2(std::string_view kind, json::Value payload, const BuildOptions& options) {
  const bool flat = is_flat_kernel_kind(kind);
  if (!flat && !is_well_formed_kind(kind)) return malformed_kind(kind);
  if (flat) LUMENFLOW_TRY(validate_kernel_payload(kind, payload));
  return build_unchecked(kind, std::move(payload), options, flat ? 1 : 2);
}

Event build_from_canonical(std::string_view kind, std::string canonical_payload, const BuildOptions& options) {
  LUMENFLOW_CHECK(is_well_formed_kind(kind) && !is_flat_kernel_kind(kind) && !options.idempotency_key);
  Event event;
  event.kind = kind;
  event.event_id = make_uuid_v7(options.timestamp, options.entropy);
  event.timestamp = options.timestamp;
  event.canonical_payload = std::move(canonical_payload);
  return event;
}

}  // namespace lumenflow::event
