"""The kinds as documents: the tagged union in JSON Schema, and AsyncAPI 3."""

import json

from contracts.types import flat

NOTE = "Generated from schemas/events/ by scripts/contract; change those instead."
STREAMS = {
    "sidecar": ("sidecar", "What the workspace emits.", None),
    "phone": ("phone:{device_id}", "Commands of one paired device.", ("device_id", "The device, by its id.")),
    "bridge": ("bridge:{name}", "Commands that a bridge carries in from another network.", ("name", "The bridge, by its name.")),
}
PATTERNS = {"sidecar": "sidecar", "phone": "phone:.+", "bridge": "bridge:.+"}


def _text(document):
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _event(kind, envelope, of_envelope, of_payload):
    """The schema of a kind's whole event. The two functions give a reference to a member of the envelope, and to the
    payload's schema or with a name to a member of it."""
    properties = {name: of_envelope(name) for name in envelope["properties"] if name != "payload"}
    required = [name for name in envelope["required"] if name != "payload"]
    properties["schema_version"] = {"const": kind.schema_version}
    properties["kind"] = {"const": kind.kind}
    streams = "|".join(PATTERNS[stream] for stream in kind.schema["x-streams"])
    properties["channel"] = {"allOf": [of_envelope("channel"), {"type": "string", "pattern": f"^({streams})$"}]}
    if kind.is_queued:
        required.append("queue_seq")
    else:
        del properties["queue_seq"]
    if kind.is_flat:
        properties.update({name: of_payload(name) for name in kind.schema["properties"]})
        required += kind.schema["required"]
    else:
        properties["payload"] = of_payload(None)
        required.append("payload")
    return {"type": "object", "title": kind.kind, "additionalProperties": False, "required": required, "properties": properties}


def index(events):
    envelope_id = events.envelope["$id"]

    def one(kind):
        uri = kind.schema["$id"]
        return _event(kind, events.envelope, lambda name: {"$ref": f"{envelope_id}#/properties/{name}"},
                      lambda name: {"$ref": uri if name is None else f"{uri}#/properties/{name}"})

    return _text({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:lumenflow:schema:events:1",
        "$comment": NOTE,
        "title": "Kernel events",
        "description": "Any event of the kernel and the first-party packs in its envelope: one of the kinds, told apart by kind. "
                       "Refers to the schemas beside it by their $id.",
        "type": "object",
        "required": ["kind"],
        "oneOf": [one(kind) for kind in events.kinds],
    })


def _component(kind):
    return kind.kind.replace(":", ".")


def _message(kind):
    return {
        "name": kind.kind,
        "title": kind.kind,
        "summary": flat(kind.description),
        "contentType": "application/json",
        "x-class": kind.schema["x-class"],
        "payload": {"$ref": f"#/components/schemas/{_component(kind)}.event"},
    }


def _channel(stream, kinds):
    address, description, parameter = STREAMS[stream]
    channel = {"address": address, "title": stream, "description": description}
    if parameter:
        channel["parameters"] = {parameter[0]: {"description": parameter[1]}}
    channel["messages"] = {_component(kind): {"$ref": f"#/components/messages/{_component(kind)}"} for kind in kinds}
    return channel


def asyncapi(events):
    def shared(name):
        return {"$ref": f"#/components/schemas/envelope.{name}"}

    schemas = {f"envelope.{name}": schema for name, schema in events.envelope["properties"].items() if name not in ("schema_version", "kind", "payload")}
    for kind in events.kinds:
        name = _component(kind)
        schemas[name] = {"title": kind.record, **kind.constraints, "description": flat(kind.description)}
        schemas[f"{name}.event"] = _event(
            kind, events.envelope, shared,
            lambda member, name=name: {"$ref": f"#/components/schemas/{name}" + ("" if member is None else f"/properties/{member}")})
    channels, operations = {}, {}
    for stream in STREAMS:
        kinds = [kind for kind in events.kinds if stream in kind.schema["x-streams"]]
        action, title = ("send", "emit") if stream == "sidecar" else ("receive", "receive")
        channels[stream] = _channel(stream, kinds)
        operations[f"{title}.{stream}"] = {
            "action": action,
            "channel": {"$ref": f"#/channels/{stream}"},
            "summary": "The workspace emits these." if action == "send" else "The workspace takes these in.",
            "messages": [{"$ref": f"#/channels/{stream}/messages/{_component(kind)}"} for kind in kinds],
        }
    return _text({
        "asyncapi": "3.0.0",
        "id": "urn:lumenflow:asyncapi:events",
        "info": {
            "title": "LumenFlow kernel events",
            "version": "2.0.0",
            "description": "The events of a workspace: its application is the workspace, a channel is a stream. Delivered at least once, in the "
                           "order of seq within a stream; of the class queue without a gap in queue_seq.",
            "license": {"name": "Apache-2.0"},
        },
        "x-generated": NOTE,
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": {_component(kind): _message(kind) for kind in events.kinds}, "schemas": schemas},
    })
