"""The contract of a pack's tools as TypeScript: an interface per record, and one that maps each tool to its two."""

from contracts import typescript


def types(contract, source):
    out = f"""// Generated from {source} by scripts/contract; change that instead.
//
// What the {len(contract.tools)} tools of the pack {contract.pack} {contract.version} take and answer. Times are RFC 3339.

export const packVersion = "{contract.version}";

export type JsonObject = {{ [name: string]: unknown }};

"""
    out += typescript.enumerations(contract.enumerations)
    requests = {tool.request: tool for tool in contract.tools}
    for record in contract.records:
        description = f"{requests[record.name].name}: {requests[record.name].description}" if record.name in requests else record.description
        out += "\n" + typescript.record(record, description)
    out += "\n/** What each tool takes and answers, by its name. */\nexport interface Tools {\n"
    for tool in contract.tools:
        out += f'  "{tool.name}": {{ request: {tool.request}; response: {tool.response} }};\n'
    return out + "}\n"
