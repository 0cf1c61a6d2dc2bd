"""Records and enumerations as TypeScript: interfaces and unions of words."""

import textwrap

from contracts.types import flat

NAMES = {"text": "string", "integer": "number", "number": "number", "flag": "boolean", "yes": "true", "object": "JsonObject",
         "records": "JsonObject[] | string"}


def type_name(type_):
    if type_.kind == "list":
        return f"{type_name(type_.item)}[]"
    return NAMES.get(type_.kind) or type_.name


def comment(text, indent=""):
    text = flat(text).replace("*/", "*\\/")
    if not text:
        return ""
    if len(indent) + len(text) + 7 <= 120:
        return f"{indent}/** {text} */\n"
    lines = textwrap.wrap(text, 117 - len(indent), break_on_hyphens=False)
    return f"{indent}/**\n" + "".join(f"{indent} * {line}\n" for line in lines) + f"{indent} */\n"


def enumerations(listed):
    return "".join(f"export type {each.name} = {' | '.join(f'{chr(34)}{value}{chr(34)}' for value in each.values)};\n" for each in listed)


def record(made, description):
    out = comment(description) + f"export interface {made.name} {{\n"
    for field in made.fields:
        out += comment(field.description, "  ") + f"  {field.name}{'' if field.required else '?'}: {type_name(field.type)};\n"
    return out + "}\n"
