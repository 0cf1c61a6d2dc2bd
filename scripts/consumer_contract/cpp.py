"""The contract as C++: a public header with the types, and a source that reads and writes them."""

import textwrap

from consumer_contract.model import flat, pascal

TEXT = {"text": "std::string", "integer": "std::int64_t", "flag": "bool", "yes": "bool", "object": "json::Object",
        "records": "Records"}


def type_name(type_):
    if type_.kind == "list":
        return f"std::vector<{type_name(type_.item)}>"
    return TEXT.get(type_.kind) or type_.name


def comment(text, indent=""):
    return "".join(f"{line}\n" for line in textwrap.wrap(flat(text), 119, initial_indent=indent + "// ",
                                                         subsequent_indent=indent + "// ", break_on_hyphens=False))


def member(field):
    value = type_name(field.type)
    declaration = f"  {value if field.required else f'std::optional<{value}>'} {field.name}{{}};"
    if field.description and len(declaration) + len(flat(field.description)) < 114:
        return f"{declaration}  // {flat(field.description)}\n"
    return comment(field.description, "  ") + declaration + "\n"


def enumerator(value):
    return "k" + pascal(value)


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
    for enumeration in contract.enumerations:
        values = ", ".join(enumerator(value) for value in enumeration.values)
        out += f"enum class {enumeration.name} : std::uint8_t {{ {values} }};\n"
    for enumeration in contract.enumerations:
        out += f"std::string_view name({enumeration.name} value);  // as on the wire\n"
    requests = {tool.request: tool for tool in contract.tools}
    responses = {tool.response: tool for tool in contract.tools}
    for record in contract.records:
        out += "\n"
        if record.name in requests:
            out += comment(f"{requests[record.name].name}: {requests[record.name].description}")
        elif record.name in responses:
            out += comment(f"What {responses[record.name].name} answers.")
        elif record.description:
            out += comment(record.description)
        out += f"struct {record.name} {{\n"
        if record.name in requests:
            tool = requests[record.name]
            out += f'  using Response = {tool.response};\n  static constexpr std::string_view kTool = "{tool.name}";\n'
        out += "".join(member(field) for field in record.fields) + "};\n"
        out += f"json::Value to_json(const {record.name}& value);\n"
        out += f"Status from_json(const json::Value& json, {record.name}& value);\n"
    return out + f"\n}}  // namespace lumenflow::consumers::{contract.pack}\n// clang-format on\n"


def body(contract, source):
    out = f"""// Generated from {source} by scripts/contract; change that instead.
#include "lumenflow/consumers/{contract.pack}.h"

#include "consumers/codec.h"

// clang-format off
namespace lumenflow::consumers {{

"""
    for enumeration in contract.enumerations:
        name = f"{contract.pack}::{enumeration.name}"
        words = ", ".join(f'"{value}"' for value in enumeration.values)
        out += f"template <>\nstruct Words<{name}> {{\n  static constexpr std::array<std::string_view, {len(enumeration.values)}> kAll{{{words}}};\n}};\n\n"
    out += f"namespace {contract.pack} {{\n\n"
    for enumeration in contract.enumerations:
        out += f"std::string_view name({enumeration.name} value) {{ return word_of(value); }}\n"
    for record in contract.records:
        unused = "" if record.fields else "[[maybe_unused]] "
        out += f"\njson::Value to_json({unused}const {record.name}& value) {{\n  ObjectWriter out;\n"
        out += "".join(f'  out.member("{field.name}", value.{field.name});\n' for field in record.fields)
        out += f"  return out.take();\n}}\n\nStatus from_json(const json::Value& json, {unused}{record.name}& value) {{\n  ObjectReader in(json);\n"
        out += "".join(f'  in.member("{field.name}", value.{field.name});\n' for field in record.fields)
        out += "  return in.status();\n}\n"
    return out + f"\n}}  // namespace {contract.pack}\n}}  // namespace lumenflow::consumers\n// clang-format on\n"
