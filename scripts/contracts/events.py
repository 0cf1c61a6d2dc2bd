"""The kinds of events, from schemas/events/: one schema per kind, and that of the envelope."""

import json
from dataclasses import dataclass

from contracts.types import Builder, Record, Unsupported, pascal

FOLDER = "schemas/events"
FLAT = 1  # the schema_version of the kinds whose members stand among the envelope's


@dataclass
class Kind:
    kind: str
    description: str
    schema: dict
    record: str  # the name of its payload's type

    @property
    def schema_version(self):
        return self.schema["x-schema-version"]

    @property
    def is_flat(self):
        return self.schema_version == FLAT

    @property
    def is_queued(self):
        return self.schema["x-class"] == "queue"

    @property
    def is_inbound(self):
        return self.schema["x-direction"] == "inbound"

    @property
    def is_kernels(self):
        return self.schema["x-owner"] == "kernel"

    @property
    def constraints(self):
        """The schema without what only people and the generator read at its top."""
        return {key: value for key, value in self.schema.items() if key[0] != "$" and key[:2] != "x-" and key not in ("title", "description")}


@dataclass
class Events:
    kinds: list  # in byte order of their names
    envelope: dict
    stamp: Record  # of the envelope what does not follow from the kind, as a type
    records: list  # each behind those it uses
    enumerations: list


def _load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def _check(kind, path, envelope):
    schema = kind.schema
    slug, _, name = kind.kind.rpartition(":")
    allowed = {"x-schema-version": (1, 2), "x-class": ("queue", "ephemeral"), "x-direction": ("inbound", "outbound")}
    faults = [f"{key} must be one of {', '.join(map(str, values))}" for key, values in allowed.items() if schema.get(key) not in values]
    if path.parent.name != (slug or "kernel") or path.name != f"{name}.schema.json":
        faults.append(f"the file of {kind.kind} is {slug or 'kernel'}/{name}.schema.json")
    if schema["$id"] != f"urn:lumenflow:schema:events:{slug or 'kernel'}:{name}:1":
        faults.append("its $id does not say its kind")
    if kind.is_flat != (slug == ""):
        faults.append("flat kinds, and only they, have no slug")
    if schema.get("additionalProperties") is not False:
        faults.append("its payload must be closed")
    if kind.is_flat and set(schema["properties"]) & set(envelope["properties"]):
        faults.append("a member has a name that the envelope uses")
    if set(schema["x-streams"]) - {"sidecar", "phone", "bridge"} or ("sidecar" in schema["x-streams"]) == kind.is_inbound:
        faults.append("x-streams: sidecar for what goes out, phone and bridge for what comes in")
    if faults:
        raise Unsupported(f"{path}: {'; '.join(faults)}")


def load(root):
    folder = root / FOLDER
    envelope = _load(folder / "envelope.schema.json")
    builder, kinds = Builder(), []
    for path in folder.glob("*/*.schema.json"):
        schema = _load(path)
        kinds.append(Kind(schema["title"], schema["description"], schema, pascal(schema["title"])))
        _check(kinds[-1], path, envelope)
    kinds.sort(key=lambda kind: kind.kind.encode())
    for kind in kinds:
        builder.within = kind.record
        builder.record(kind.constraints, kind.record, "")
    stamp = Builder().record({
        "properties": {key: {"type": "string"} | value for key, value in envelope["properties"].items() if key not in ("schema_version", "kind", "payload")},
        "required": [key for key in envelope["required"] if key not in ("schema_version", "kind", "payload")],
    }, "Envelope", "", "What an event's envelope says besides its kind and its payload.")
    return Events(kinds, envelope, stamp, builder.records, builder.listed_enumerations())
