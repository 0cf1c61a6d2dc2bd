"""The shapes of the pack protocol, read from schemas/pack-protocol: as much of JSON Schema 2020-12 as those use."""

import json
import pathlib
import re

_TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
_KNOWN = {"$schema", "$defs", "$ref", "title", "description", "type", "properties", "required", "additionalProperties",
          "items", "minItems", "maxItems", "uniqueItems", "minLength", "maxLength", "pattern", "minimum", "maximum",
          "const", "enum", "oneOf", "anyOf", "not", "if", "then", "else", "contentEncoding", "maxProperties",
          "propertyNames"}


class Shapes:
    def __init__(self, folder):
        folder = pathlib.Path(folder)
        read = lambda name: json.loads((folder / name).read_text(encoding="utf-8"))  # noqa: E731
        self.message = read("message.json")
        self.methods = {}
        for method in read("index.json")["methods"]:
            schemas = {part: read(method[part]) for part in ("params", "result") if part in method}
            self.methods[method["method"]] = {"from": method["from"], **schemas}

    def faults_of_message(self, message):
        return faults(self.message, message, self.message)

    def faults_of(self, method, part, value):
        schema = self.methods[method][part]
        return faults(schema, value, schema)


def faults(schema, value, root, at=""):
    """What is wrong with the value; empty when nothing is."""
    if schema is True:
        return []
    unknown = set(schema) - _KNOWN
    assert not unknown, f"this reader does not know {unknown}"
    found = []
    if "$ref" in schema:
        found += faults(root["$defs"][schema["$ref"].removeprefix("#/$defs/")], value, root, at)
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(_is(value, name) for name in types):
        return [f"{at}: not {' or '.join(types)}: {value!r}"]
    if "const" in schema and value != schema["const"]:
        found.append(f"{at}: not {schema['const']!r}: {value!r}")
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{at}: none of {schema['enum']}: {value!r}")
    found += _combined(schema, value, root, at)
    if isinstance(value, dict):
        found += _of_object(schema, value, root, at)
    elif isinstance(value, list):
        if "items" in schema:
            found += [fault for i, item in enumerate(value) for fault in faults(schema["items"], item, root, f"{at}/{i}")]
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            found.append(f"{at}: {len(value)} items")
        if schema.get("uniqueItems") and len(set(map(json.dumps, value))) < len(value):
            found.append(f"{at}: one item twice")
    elif isinstance(value, str):
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            found.append(f"{at}: {len(value)} characters")
        if "pattern" in schema and not re.search(schema["pattern"], value):
            found.append(f"{at}: {value!r} does not match {schema['pattern']}")
    elif _is(value, "number") and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        found.append(f"{at}: {value} is out of range")
    return found


def _is(value, name):
    if name in ("integer", "number"):
        return isinstance(value, int if name == "integer" else (int, float)) and not isinstance(value, bool)
    return isinstance(value, _TYPES[name])


def _combined(schema, value, root, at):
    found = []
    for word, held in (("oneOf", lambda n, _: n == 1), ("anyOf", lambda n, _: n > 0)):
        if word in schema:
            tries = [faults(each, value, root, at) for each in schema[word]]
            if not held(sum(not each for each in tries), len(tries)):
                found.append(f"{at}: {word}: {tries}")
    if "not" in schema and not faults(schema["not"], value, root, at):
        found.append(f"{at}: is what it must not be")
    if "if" in schema:
        branch = schema.get("else" if faults(schema["if"], value, root, at) else "then", True)
        found += faults(branch, value, root, at)
    return found


def _of_object(schema, value, root, at):
    properties, more = schema.get("properties", {}), schema.get("additionalProperties", True)
    found = [f"{at}: lacks {name}" for name in schema.get("required", []) if name not in value]
    if len(value) > schema.get("maxProperties", len(value)):
        found.append(f"{at}: too many members")
    for name, member in value.items():
        found += faults(schema.get("propertyNames", True), name, root, f"{at}/{name}")
        if name in properties:
            found += faults(properties[name], member, root, f"{at}/{name}")
        elif more is False:
            found.append(f"{at}: has {name}, which is not known")
        elif isinstance(more, dict):
            found += faults(more, member, root, f"{at}/{name}")
    return found
