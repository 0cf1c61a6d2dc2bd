#include "lumenflow/kernel_event.h"

#include <utility>

#include "base/random.h"
#include "base/time.h"
#include "event/build.h"

namespace lumenflow::pack {

Result<KernelEvent> build_kernel_event_v2(std::string_view kind, json::Value payload, const EmitOptions& options) {
  if (!event::is_well_formed_kind(kind)) return event::malformed_kind(kind);
  if (!payload.is_object())  // before the timestamp, as the other SDKs do
    return Error(ErrorCode::kInvalidPayload, "the payload of " + std::string(kind) + " must be a JSON object");
  if (!options.timestamp)
    return Error(ErrorCode::kInvalidInput, "an event of " + std::string(kind) + " is built for a timestamp");
  event::BuildOptions build;
  build.idempotency_key = options.idempotency_key;
  LUMENFLOW_TRY_ASSIGN(build.timestamp, parse_rfc3339(*options.timestamp));
  if (!build.idempotency_key) SystemRandom().fill(build.entropy);
  LUMENFLOW_TRY_ASSIGN(event::Event built, event::build_unchecked(kind, std::move(payload), build, 2));
  return KernelEvent{built.schema_version, std::move(built.kind), std::move(built.event_id),
                     format_rfc3339(built.timestamp), std::move(built.payload)};
}

}  // namespace lumenflow::pack
