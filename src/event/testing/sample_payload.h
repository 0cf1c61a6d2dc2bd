// Payloads that a kind's schema accepts, made from the schema itself, so that a test meets every kind there is.
#pragma once

#include "event/event.h"

namespace lumenflow::event::testing {

// With every optional member, or with none. Aborts when the schema uses what this has no sample for.
json::Value sample_payload(const KnownKind& kind, bool with_optional);

}  // namespace lumenflow::event::testing
