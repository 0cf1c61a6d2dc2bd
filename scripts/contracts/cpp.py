"""Records and enumerations as C++: their declarations, and what writes and reads them."""

import textwrap

from contracts.types import flat, pascal

NAMES = {"text": "std::string", "integer": "std::int64_t", "number": "double", "flag": "bool", "yes": "bool",
         "object": "json::Object", "records": "Records", "any": "json::Value"}
KEYWORDS = {"class"}  # of those that schemas name members by


def type_name(type_):
    if type_.kind == "list":
        return f"std::vector<{type_name(type_.item)}>"
    if type_.kind == "nullable":
        return f"std::optional<{type_name(type_.item)}>"
    return NAMES.get(type_.kind) or type_.name


def comment(text, indent=""):
    return "".join(f"{line}\n" for line in textwrap.wrap(flat(text), 119, initial_indent=indent + "// ",
                                                         subsequent_indent=indent + "// ", break_on_hyphens=False))


def member_name(field):
    return field.name + "_" if field.name in KEYWORDS else field.name


def accessor(field):
    return "nullable" if field.type.kind == "nullable" else "member"


def member(field):
    value = type_name(field.type)
    declaration = f"  {value if field.required else f'std::optional<{value}>'} {member_name(field)}{{}};"
    if field.description and len(declaration) + len(flat(field.description)) < 114:
        return f"{declaration}  // {flat(field.description)}\n"
    return comment(field.description, "  ") + declaration + "\n"


def braced(head, items, tail):
    """On one line where that is short enough, else on as few as hold it."""
    line = f"{head}{{ {', '.join(items)} }}{tail}\n"
    if len(line) <= 121:
        return line
    indent = " " * (len(head) - len(head.lstrip()) + 4)
    body = "\n".join(textwrap.wrap(", ".join(items), 119, initial_indent=indent, subsequent_indent=indent))
    return f"{head}{{\n{body}\n{indent[:-4]}}}{tail}\n"


def enumerations(listed):
    out = ""
    for enumeration in listed:
        out += braced(f"enum class {enumeration.name} : std::uint8_t ", ["k" + pascal(value) for value in enumeration.values], ";")
    for enumeration in listed:
        out += f"std::string_view name({enumeration.name} value);  // as on the wire\n"
    return out


def is_open(made):
    """It may have members that are not known."""
    return made.schema.get("additionalProperties") is True


def record(made, description, first=""):
    """A struct and its two functions; `first` are lines that stand before its members."""
    out = comment(description) if description else ""
    out += f"struct {made.name} {{\n" + first + "".join(member(field) for field in made.fields)
    out += "  json::Object others{};  // Members that are not among these.\n};\n" if is_open(made) else "};\n"
    return out + f"json::Value to_json(const {made.name}& value);\nStatus from_json(const json::Value& json, {made.name}& value);\n"


def words(enumeration, namespace):
    """Stands in namespace lumenflow."""
    values = braced(f"  static constexpr std::array<std::string_view, {len(enumeration.values)}> kAll", [f'"{value}"' for value in enumeration.values], ";")
    return f"template <>\nstruct json::codec::Words<{namespace}::{enumeration.name}> {{\n{values}}};\n\n"


def codecs(listed, records):
    out = "".join(f"std::string_view name({each.name} value) {{ return json::codec::word_of(value); }}\n" for each in listed)
    for made in records:
        unused = "" if made.fields else "[[maybe_unused]] "
        out += f"\njson::Value to_json({unused}const {made.name}& value) {{\n  json::codec::ObjectWriter out;\n"
        out += "".join(f'  out.{accessor(field)}("{field.name}", value.{member_name(field)});\n' for field in made.fields)
        out += "  out.others(value.others);\n" if is_open(made) else ""
        out += f"  return out.take();\n}}\n\nStatus from_json(const json::Value& json, {unused}{made.name}& value) {{\n  json::codec::ObjectReader in(json);\n"
        out += "".join(f'  in.{accessor(field)}("{field.name}", value.{member_name(field)});\n' for field in made.fields)
        if is_open(made):
            out += braced("  in.others(value.others, ", [f'"{field.name}"' for field in made.fields], ");")
        out += "  return in.status();\n}\n"
    return out
