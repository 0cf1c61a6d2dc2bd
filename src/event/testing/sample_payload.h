// Payloads that a kind's schema accepts, made from the schema itself, so that a test meets every kind there is.
#pragma once

#include "event/event.h"
#include "lumenflow/json.h"

namespace lumenflow::event::samples {

// With every optional member, or with none. Aborts when the schema uses what this has no sample for.
json::Value sample_payload(const KnownKind& kind, bool with_optional);

inline constexpr Timestamp kNoon{1'772'366'400'000};  // 2026-03-01T12:00:00.000Z

// The value of JSON text that is well-formed.
inline json::Value object(std::string_view text) { return json::parse(text).value(); }

}  // namespace lumenflow::event::samples
