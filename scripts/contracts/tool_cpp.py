"""The contract of a pack's tools as C++: a public header with the types, and a source that reads and writes them."""

from contracts import cpp


def header(contract, source):
    out = f"""// Generated from {source} by scripts/contract; change that instead.
//
// What the {len(contract.tools)} tools of the pack {contract.pack} {contract.version} take and answer: the stable interface of bridges, pages and
// apps. `Client` of client.h calls a tool by its request: client.call(TaskCreateRequest{{.title = "…"}}).
//
// Value types without threading rules of their own. What is optional may be left out, or was. Times are RFC 3339.
// Reading refuses, with INVALID_INPUT and the place, what lacks a required member or has one of another type; members
// that are not known here are skipped, so that a newer sidecar is understood.
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
namespace lumenflow::consumers::{contract.pack} {{

inline constexpr std::string_view kPackVersion = "{contract.version}";

// Records in full, or one text with a line of JSON for each.
using Records = std::variant<std::vector<json::Object>, std::string>;

"""
    out += cpp.enumerations(contract.enumerations)
    requests = {tool.request: tool for tool in contract.tools}
    responses = {tool.response: tool for tool in contract.tools}
    for record in contract.records:
        description, first = record.description, ""
        if record.name in requests:
            tool = requests[record.name]
            description = f"{tool.name}: {tool.description}"
            first = f'  using Response = {tool.response};\n  static constexpr std::string_view kTool = "{tool.name}";\n'
        elif record.name in responses:
            description = f"What {responses[record.name].name} answers."
        out += "\n" + cpp.record(record, description, first)
    return out + f"\n}}  // namespace lumenflow::consumers::{contract.pack}\n// clang-format on\n"


def body(contract, source):
    namespace = f"consumers::{contract.pack}"
    return f"""// Generated from {source} by scripts/contract; change that instead.
#include "lumenflow/consumers/{contract.pack}.h"

#include "json/record_codec.h"

// clang-format off
namespace lumenflow {{

{"".join(cpp.words(each, namespace) for each in contract.enumerations)}namespace {namespace} {{

{cpp.codecs(contract.enumerations, contract.records)}
}}  // namespace {namespace}
}}  // namespace lumenflow
// clang-format on
"""
