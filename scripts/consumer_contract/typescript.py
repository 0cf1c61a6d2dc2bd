"""The contract as TypeScript: an interface per record, and one that maps each tool to its two."""

import textwrap

from consumer_contract.model import flat

TEXT = {"text": "string", "integer": "number", "flag": "boolean", "yes": "true", "object": "JsonObject",
        "records": "JsonObject[] | string"}


def type_name(type_):
    if type_.kind == "list":
        return f"{type_name(type_.item)}[]"
    return TEXT.get(type_.kind) or type_.name


def comment(text, indent=""):
    text = flat(text).replace("*/", "*\\/")
    if not text:
        return ""
    if len(indent) + len(text) + 7 <= 120:
        return f"{indent}/** {text} */\n"
    lines = textwrap.wrap(text, 117 - len(indent), break_on_hyphens=False)
    return f"{indent}/**\n" + "".join(f"{indent} * {line}\n" for line in lines) + f"{indent} */\n"


def types(contract, source):
    out = f"""// Generated from {source} by scripts/contract; change that instead.
//
// What the {len(contract.tools)} tools of the pack {contract.pack} {contract.version} take and answer. Times are RFC 3339.

export const packVersion = "{contract.version}";

export type JsonObject = {{ [name: string]: unknown }};

"""
    for enumeration in contract.enumerations:
        words = " | ".join(f'"{value}"' for value in enumeration.values)
        out += f"export type {enumeration.name} = {words};\n"
    requests = {tool.request: tool for tool in contract.tools}
    for record in contract.records:
        description = f"{requests[record.name].name}: {requests[record.name].description}" if record.name in requests else record.description
        out += "\n" + comment(description) + f"export interface {record.name} {{\n"
        for field in record.fields:
            mark = "" if field.required else "?"
            out += comment(field.description, "  ") + f"  {field.name}{mark}: {type_name(field.type)};\n"
        out += "}\n"
    out += "\n/** What each tool takes and answers, by its name. */\nexport interface Tools {\n"
    for tool in contract.tools:
        out += f'  "{tool.name}": {{ request: {tool.request}; response: {tool.response} }};\n'
    return out + "}\n"
