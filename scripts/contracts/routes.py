"""What the routes of a conductor take and answer, as named types: those of schemas/http/conductor.schema.json that a
small client needs, with whatever they are made of."""

import json

from contracts.types import Builder, Field, Record, Type, Unsupported

# What the operations of include/lumenflow/consumers/conductor.h take and answer.
WANTED = ["SignIn", "OpenedSession", "SignedOut", "WorkspacePage", "ToolRegistry", "NewCommand", "QueuedCommand", "Command",
          "ToolOutcome", "ApprovalPage", "ApprovalDecision", "EventPage", "RotatedKey"]


class Routes(Builder):
    """Names come from the document; only what stands inside another schema is named by its place."""

    def __init__(self, document):
        super().__init__()
        self.definitions = document["$defs"]
        self.unions = {}  # name -> the records that it can be
        self.known = {}  # name of a definition -> its type

    def type_of(self, schema, owner, group, key):
        if "$ref" in schema:
            return self.definition(schema["$ref"].rsplit("/", 1)[-1])
        kind = schema.get("type")
        if kind is None and set(schema) <= {"description"}:
            return Type("any")
        if isinstance(kind, list) and len(kind) == 2 and kind[1] == "null":
            return Type("nullable", item=self.type_of({**schema, "type": kind[0]}, owner, group, key))
        return super().type_of(schema, owner, group, key)

    def definition(self, name):
        if name not in self.known:
            self.known[name] = self.defined(name, self.definitions[name])
        return self.known[name]

    def defined(self, name, schema):
        if "properties" in schema:
            return Type("record", self.record(schema, name).name)
        if "enum" in schema:
            self.enumerations[name] = schema["enum"]
            return Type("enumeration", name)
        if "anyOf" in schema:
            self.unions[name] = [self.type_of(each, name, "", name).name for each in schema["anyOf"]]
            return Type("union", name)
        raise Unsupported(f"{name}: {json.dumps(schema)}")

    def record(self, schema, name, group="", description=None):
        made = Record(name, schema.get("description", ""), schema)
        required = schema.get("required", [])
        for key, value in schema["properties"].items():
            type_ = self.type_of(value, name, group, key)
            if type_.kind == "nullable" and key not in required:
                raise Unsupported(f"{name}.{key} may be left out and may be null")
            made.fields.append(Field(key, type_, key in required, value.get("description", "")))
        self.records.append(made)
        return made


def build(document):
    made = Routes(document)
    for name in WANTED:
        made.definition(name)
    return made
