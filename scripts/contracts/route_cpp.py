"""What a conductor's routes take and answer as C++: a public header with the types, and a source that reads and writes
them."""

from contracts import cpp

NAMESPACE = "consumers::conductor"


def union(name, alternatives):
    return f"\nusing {name} = std::variant<{', '.join(alternatives)}>;\n"


def header(routes, source):
    out = f"""// Generated from {source} by scripts/contract; change that instead.
//
// What the routes of a conductor take and answer that `ConductorClient` of conductor.h speaks to.
//
// Value types without threading rules of their own. What is optional may be left out, or was, or is null where the
// document says null. Times are RFC 3339. Reading refuses, with INVALID_INPUT and the place, what lacks a required
// member or has one of another type; members that are not known here are skipped, so that a newer conductor is
// understood, or stand in `others` of what is open. Of a variant, the first that can be read is meant.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lumenflow/json.h"
#include "lumenflow/result.h"

// clang-format off
namespace lumenflow::{NAMESPACE} {{

"""
    out += cpp.enumerations(routes.listed_enumerations())
    waiting, written = dict(routes.unions), set()
    for record in routes.records:
        out += "\n" + cpp.record(record, record.description)
        written.add(record.name)
        for name in [name for name, alternatives in waiting.items() if written.issuperset(alternatives)]:
            out += union(name, waiting.pop(name))
    return out + f"\n}}  // namespace lumenflow::{NAMESPACE}\n// clang-format on\n"


def body(routes, source):
    enumerations = routes.listed_enumerations()
    return f"""// Generated from {source} by scripts/contract; change that instead.
#include "lumenflow/consumers/conductor_types.h"

#include "json/record_codec.h"

// clang-format off
namespace lumenflow {{

{"".join(cpp.words(each, NAMESPACE) for each in enumerations)}namespace {NAMESPACE} {{

{cpp.codecs(enumerations, routes.records)}
}}  // namespace {NAMESPACE}
}}  // namespace lumenflow
// clang-format on
"""
