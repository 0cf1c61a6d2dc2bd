"""The kinds as the table that src/event is compiled with; in the build tree only."""

import json


def _row(kind):
    name = "EventClass::kQueue" if kind.is_queued else "EventClass::kEphemeral"
    schema = json.dumps(kind.constraints, separators=(",", ":"), ensure_ascii=False)
    flag = "true" if kind.is_inbound else "false"
    return f'    {{"{kind.kind}", {kind.schema_version}, {name}, {flag}, R"json({schema})json"}},\n'


def table(events):
    def rows(kernels):
        return "".join(_row(kind) for kind in events.kinds if kind.is_kernels == kernels)

    return f"""// Generated from schemas/events/ by scripts/contract; change those instead.
#pragma once

#include <array>

#include "event/event.h"

namespace lumenflow::event {{

// Both in byte order of the kind.
inline constexpr auto kKernelKinds = std::to_array<KnownKind>({{
{rows(True)}}});

inline constexpr auto kFirstPartyKinds = std::to_array<KnownKind>({{
{rows(False)}}});

}}  // namespace lumenflow::event
"""
