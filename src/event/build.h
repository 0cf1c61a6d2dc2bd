// The part of the builder that needs no table of kinds, so that the pack SDK can be made of it and little else.
//
// Pure functions; any thread.
#pragma once

#include "event/event.h"

namespace lumenflow::event {

// As build_kernel_event_v2, of a kind that is known not to be one of the kernel's flat ones, or whose payload was found
// to be right.
Result<Event> build_unchecked(std::string_view kind, json::Value payload, const BuildOptions& options,
                              int schema_version);

// UNKNOWN_KIND, with how one is written.
Error malformed_kind(std::string_view kind);

}  // namespace lumenflow::event
