"""The contract of a pack's tools as a JSON Schema document: the manifest's schemas under the names that the other forms use."""

import json

from contracts.types import flat


def refer(schema, names, top=False):
    """The schema with every type that has a name of its own as a reference to it."""
    if isinstance(schema, list):
        return [refer(item, names) for item in schema]
    if not isinstance(schema, dict):
        return schema
    name = None if top else names.get(json.dumps(schema, sort_keys=True))
    if name:
        return {"$ref": f"#/$defs/{name}"}
    return {key: flat(value) if key == "description" and isinstance(value, str) else refer(value, names)
            for key, value in schema.items()}


def document(contract, source):
    sides = {name for tool in contract.tools for name in (tool.request, tool.response)}
    names = {json.dumps(record.schema, sort_keys=True): record.name for record in contract.records if record.name not in sides}
    tools = {}
    for tool in contract.tools:
        tools[tool.name] = {
            "type": "object",
            "title": tool.title,
            "description": tool.description,
            "additionalProperties": False,
            "required": ["request", "response"],
            "properties": {"request": {"$ref": f"#/$defs/{tool.request}"}, "response": {"$ref": f"#/$defs/{tool.response}"}},
        }
    return json.dumps({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:lumenflow:schema:consumers:{contract.pack}:1",
        "$comment": f"Generated from {source} by scripts/contract; change that instead.",
        "title": f"Tools of the pack {contract.pack} {contract.version}",
        "description": "What each tool takes and answers: a map from its name to an exchange with it.",
        "type": "object",
        "additionalProperties": False,
        "properties": tools,
        "$defs": {record.name: refer(record.schema, names, top=True) for record in contract.records},
    }, indent=2, ensure_ascii=False) + "\n"
