"""What the tools of a pack take and answer: the contract of its consumers, from its manifest."""

from dataclasses import dataclass

from contracts.types import Builder, flat, pascal


@dataclass
class Tool:
    name: str
    title: str
    description: str
    permission: str
    request: str  # names of records
    response: str


@dataclass
class Contract:
    pack: str
    version: str
    tools: list
    records: list  # each behind those it uses
    enumerations: list


def build(manifest):
    builder = Builder()
    tools, closed = [], {"type": "object", "additionalProperties": False, "properties": {}}
    sides = {}
    # Answers first: what they hold is what inputs refer to.
    for side, part in (("Response", "output_schema"), ("Request", "input_schema")):
        for tool in manifest["tools"]:
            name, group = pascal(tool["name"]), pascal(tool["name"].split(":")[0])
            builder.within = name
            record = builder.record(tool.get(part, closed), name + side, group, "")
            sides[tool["name"], side] = record.name
    for tool in manifest["tools"]:
        tools.append(Tool(tool["name"], flat(tool.get("title", "")), flat(tool.get("description", "")), tool["permission"],
                          sides[tool["name"], "Request"], sides[tool["name"], "Response"]))
    return Contract(manifest["id"], manifest["version"], tools, builder.records, builder.listed_enumerations())
