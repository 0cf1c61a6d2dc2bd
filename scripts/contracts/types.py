"""JSON Schemas as named types: what every written form of a contract is made of.

A closed object of a schema becomes a record, a list of words an enumeration. Equal schemas become one type. An object
with an id of its own is named by its key (Task), any other by where it stands (TaskSchedule, MessageDelivery).
"""

import json
from dataclasses import dataclass, field


class Unsupported(Exception):
    """A schema uses what the contract has no form for: say so, rather than leave it out."""


@dataclass(frozen=True)
class Type:
    kind: str  # text, integer, number, flag, yes, object, list, records, record, enumeration
    name: str = ""  # of a record or an enumeration
    item: "Type" = None  # of a list


@dataclass
class Field:
    name: str
    type: Type
    required: bool
    description: str


@dataclass
class Record:
    name: str
    description: str
    schema: dict
    fields: list = field(default_factory=list)


@dataclass
class Enumeration:
    name: str
    values: list


def pascal(text):
    return "".join(part[:1].upper() + part[1:] for part in text.replace(":", "_").replace("-", "_").split("_"))


def singular(key):
    return key[:-1] if key.endswith("s") else key + "_item"


# What a schema may say that narrows a value without changing its form.
_LIMITS = {"description", "default", "title", "pattern", "format", "minLength", "maxLength", "minimum", "maximum", "minItems",
           "maxItems", "anyOf"}
_FORM = {"type", "properties", "required", "additionalProperties", "items", "enum", "const"}


class Builder:
    def __init__(self):
        self.records, self.enumerations = [], {}
        self.by_schema = {}  # text of a schema -> the name of its record
        self.within = ""  # what is being built, for names that would otherwise be taken

    def name_of(self, schema, owner, group, key):
        taken = {record.name for record in self.records}
        wanted = pascal(key) if "id" in schema["properties"] else (owner or group) + pascal(key)
        return wanted if wanted not in taken else (owner or self.within) + pascal(key)

    def type_of(self, schema, owner, group, key):
        """`owner` is the type that holds the field `key`; of what a tool itself takes and answers, its `group`."""
        unknown = set(schema) - _LIMITS - _FORM
        if unknown:
            raise Unsupported(f"{owner or group}.{key}: {', '.join(sorted(unknown))}")
        kind = schema.get("type")
        if "enum" in schema and kind == "string":
            return self.enumeration(schema["enum"], owner or group, key)
        if kind == "string":
            return Type("text")
        if kind in ("integer", "number"):
            return Type(kind)
        if kind == "boolean":
            return Type("yes") if schema.get("const") is True else Type("flag")
        if kind == "array":
            items = schema["items"]
            named = key if items.get("type") != "object" else group.lower() if key == "items" else singular(key)
            return Type("list", item=self.type_of(items, owner, group, named))
        if kind == ["array", "string"] and schema["items"] == {"type": "object"}:
            return Type("records")
        if kind == "object" and "properties" not in schema and schema.get("additionalProperties", True) is True:
            return Type("object")
        if kind == "object" and schema.get("additionalProperties") is False:
            known = self.by_schema.get(json.dumps(schema, sort_keys=True))
            return Type("record", known or self.record(schema, self.name_of(schema, owner, group, key), "").name)
        raise Unsupported(f"{owner or group}.{key}: {json.dumps(schema)}")

    def enumeration(self, values, owner, key):
        name = owner + pascal(key)
        if self.enumerations.setdefault(name, values) != values:
            raise Unsupported(f"{name} has two lists of words")
        return Type("enumeration", name)

    def record(self, schema, name, group, description=None):
        """With a group: what a tool takes or answers; it keeps its own name though another is equal."""
        if any(record.name == name for record in self.records):
            raise Unsupported(f"two types want the name {name}")
        made = Record(name, schema.get("description", "") if description is None else description, schema)
        if not group:
            self.by_schema[json.dumps(schema, sort_keys=True)] = name
        required = schema.get("required", [])
        for key, value in schema["properties"].items():
            what = value.get("description", "")
            made.fields.append(Field(key, self.type_of(value, "" if group else name, group, key), key in required, what))
        missing = set(required) - set(schema["properties"])
        if missing:
            raise Unsupported(f"{name} requires {', '.join(sorted(missing))}, which it lacks")
        self.records.append(made)
        return made

    def listed_enumerations(self):
        return [Enumeration(name, values) for name, values in self.enumerations.items()]


def flat(text):
    return " ".join(str(text).split())
